#define CAF_SUITE log_ring

#include "debug/log_ring.hpp"

#include <caf/test/unit_test.hpp>

using namespace std::chrono_literals;

using mica::detail::log_ring;
using strings = std::vector<std::string>;

namespace {

using time = std::chrono::system_clock::time_point;

/// Records `0`, `1`, ... a second apart, from second 100 on.
void fill(log_ring& ring, int count) {
  for (int i = 0; i < count; ++i)
    ring.add({time{100s + std::chrono::seconds{i}}, "info", std::to_string(i)});
}

strings texts(const log_ring::slice& from) {
  strings result;
  for (const auto& record : from.records)
    result.push_back(record.text);
  return result;
}

} // namespace

CAF_TEST(the oldest record makes room and whoever comes late is told how many he missed) {
  log_ring ring{{.records = 3}};
  fill(ring, 5);
  auto got = ring.read(0);
  CAF_CHECK_EQUAL(texts(got), (strings{"2", "3", "4"}));
  CAF_CHECK_EQUAL(got.missed, 2u);
  CAF_CHECK_EQUAL(got.next, 5u);
  CAF_CHECK(!got.more);
  got = ring.read(4);
  CAF_CHECK_EQUAL(texts(got), strings{"4"});
  CAF_CHECK_EQUAL(got.missed, 0u);
}

CAF_TEST(nothing new is an empty slice) {
  log_ring ring;
  CAF_CHECK_EQUAL(ring.read(0).next, 0u);
  fill(ring, 2);
  auto got = ring.read(2);
  CAF_CHECK(got.records.empty());
  CAF_CHECK_EQUAL(got.next, 2u);
  CAF_CHECK_EQUAL(got.missed, 0u);
}

CAF_TEST(records are read in batches) {
  log_ring ring{{.batch = 2}};
  fill(ring, 5);
  strings all;
  uint64_t next = 0;
  int reads = 0;
  for (bool more = true; more; ++reads) {
    auto got = ring.read(next);
    for (auto& text : texts(got))
      all.push_back(text);
    next = got.next;
    more = got.more;
  }
  CAF_CHECK_EQUAL(all, (strings{"0", "1", "2", "3", "4"}));
  CAF_CHECK_EQUAL(reads, 3);
}

CAF_TEST(count and age choose where to begin) {
  log_ring ring;
  fill(ring, 10);
  CAF_CHECK_EQUAL(ring.first(std::nullopt, {}), 0u);
  CAF_CHECK_EQUAL(ring.first(3, {}), 7u);
  CAF_CHECK_EQUAL(ring.first(0, {}), 10u);
  CAF_CHECK_EQUAL(ring.first(11, {}), 0u);
  CAF_CHECK_EQUAL(ring.first(std::nullopt, time{104s}), 4u);
  CAF_CHECK_EQUAL(ring.first(3, time{104s}), 7u);
  CAF_CHECK_EQUAL(ring.first(8, time{104s}), 4u);
  CAF_CHECK_EQUAL(ring.first(std::nullopt, time{1000s}), 10u);
}

CAF_TEST(a long record is cut between two characters) {
  log_ring ring{{.record_bytes = 5}};
  ring.add({{}, "info", "12345"});
  ring.add({{}, "info", "123456"});
  ring.add({{}, "info", "123\u20ac"});
  ring.add({{}, "info", "12\u20ac4"});
  CAF_CHECK_EQUAL(texts(ring.read(0)), (strings{"12345", "12345", "123", "12\u20ac"}));
}

CAF_TEST(bytes that are no UTF-8 are replaced) {
  log_ring ring;
  for (const char* text :
       {"a\xff"
        "b",
        "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
        "\xe0\x80\x80", "\xf0\x80\x80\x80", "\x80", "\xf4\x8f\xbf\xbf"})
    ring.add({{}, "info", text});
  CAF_CHECK_EQUAL(texts(ring.read(0)),
                  (strings{"a?b", "?", "??", "???", "????", "??", "???", "????", "?",
                           "\xf4\x8f\xbf\xbf"}));
}

CAF_TEST(whoever is told may leave) {
  log_ring ring;
  int told = 0;
  mica::detail::watch_list::watch watch;
  watch = ring.watchers().add([&] {
    ++told;
    watch.reset();
  });
  fill(ring, 2);
  CAF_CHECK_EQUAL(told, 1);
}

CAF_TEST(those who watch are told until they leave) {
  log_ring ring;
  int first = 0;
  int second = 0;
  auto one = ring.watchers().add([&] { ++first; });
  {
    auto two = ring.watchers().add([&] { ++second; });
    fill(ring, 1);
    CAF_CHECK_EQUAL(ring.watchers().size(), 2u);
  }
  fill(ring, 1);
  CAF_CHECK_EQUAL(first, 2);
  CAF_CHECK_EQUAL(second, 1);
  CAF_CHECK_EQUAL(ring.watchers().size(), 1u);
}

CAF_TEST(a watch may outlive its list) {
  auto ring = std::make_unique<log_ring>();
  auto watch = ring->watchers().add([] {});
  ring.reset();
  watch.reset();
  CAF_CHECK(!watch);
}
