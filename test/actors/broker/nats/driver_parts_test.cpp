#define CAF_SUITE broker_driver_parts

#include "broker/driver/tag_table.hpp"
#include "broker/driver/tally.hpp"
#include "broker/jetstream/post_box.hpp"

#include <caf/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace mica::broker;
using namespace std::chrono_literals;

CAF_TEST(a tag never comes twice although its place does) {
  tag_table<std::string> table{2};
  std::set<uint64_t> tags;
  for (auto i = 0; i < 100; ++i) {
    auto tag = table.add("x");
    CAF_CHECK(tag != 0);
    CAF_CHECK(tags.insert(tag).second);
    CAF_CHECK(table.remove(tag));
    CAF_CHECK(!table.remove(tag));
  }
}

CAF_TEST(a full table is full until one is removed) {
  tag_table<std::string> table{2};
  auto first = table.add("a");
  auto second = table.add("b");
  CAF_CHECK(table.full());
  auto removed = table.remove(first);
  CAF_REQUIRE(removed);
  CAF_CHECK_EQUAL(*removed, "a");
  CAF_CHECK(!table.full());
  auto third = table.add("c");
  CAF_CHECK(third != first);
  std::set<std::string> left;
  table.for_each([&](uint64_t, const std::string& x) { left.insert(x); });
  CAF_CHECK(left == (std::set<std::string>{"b", "c"}));
  CAF_CHECK(!table.remove(0));
  CAF_CHECK(!table.remove(second + 1'000'000'007));
}

CAF_TEST(trouble is told at once and then counted) {
  std::vector<std::string> lines;
  tally::time_point now{};
  {
    tally trouble{[&](const std::string& x) { lines.push_back(x); }};
    trouble.add("one", now);
    for (auto i = 0; i < 5; ++i)
      trouble.add("two", now + 9s);
    CAF_CHECK_EQUAL(lines.size(), 1u);
    trouble.add("three", now + 10s);
    trouble.add("four", now + 11s);
    CAF_CHECK_EQUAL(trouble.count(), 8u);
  }
  CAF_REQUIRE(lines.size() == 3u);
  CAF_CHECK_EQUAL(lines[0], "one");
  CAF_CHECK_EQUAL(lines[1], "three (and 5 more before that)");
  CAF_CHECK_EQUAL(lines[2], "four");
}

CAF_TEST(letters keep their order when some could not be sent) {
  auto woken = 0;
  jetstream::post_box box{[&] { ++woken; }};
  box.post({"a", {}, {}});
  box.post({"b", {}, {}});
  CAF_CHECK_EQUAL(woken, 1);
  auto taken = box.take();
  box.post({"c", {}, {}});
  CAF_CHECK_EQUAL(woken, 2);
  box.put_back(std::move(taken));
  auto all = box.take();
  CAF_REQUIRE(all.size() == 3u);
  CAF_CHECK_EQUAL(all[0].subject + all[1].subject + all[2].subject, "abc");
  box.close();
  box.post({"d", {}, {}});
  CAF_CHECK(box.take().empty());
  CAF_CHECK_EQUAL(woken, 2);
}
