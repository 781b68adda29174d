#define CAF_SUITE consul.watch_table

#include "consul/watch_table.hpp"

#include <caf/test/unit_test.hpp>

#include <set>

using namespace mica::discovery::consul;
using namespace std::chrono_literals;

namespace {

using time_point = watch_table::time_point;
using strings = std::vector<std::string>;

struct fixture {
  strings started() {
    strings names;
    for (const auto& x : table.start(now))
      names.push_back(x.service + "@" + std::to_string(x.index));
    return names;
  }

  void advance(std::chrono::milliseconds delta) {
    now += delta;
  }

  std::chrono::milliseconds until_due() {
    auto due = table.next_due();
    return due ? std::chrono::duration_cast<std::chrono::milliseconds>(*due - now)
               : -1ms;
  }

  time_point now{1h};
  watch_table table{watch_limits{}};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(watch_table_tests, fixture)

  CAF_TEST(the first query is not blocking and the next one is) {
    CAF_REQUIRE(table.add("a", now));
    CAF_CHECK_EQUAL(until_due().count(), 0);
    CAF_CHECK_EQUAL(started(), strings{"a@0"});
    CAF_CHECK(!table.next_due());
    CAF_CHECK(started().empty());
    table.answered("a", "7", now);
    CAF_CHECK_EQUAL(until_due().count(), 100);
    CAF_CHECK(started().empty());
    advance(100ms);
    auto queries = table.start(now);
    CAF_REQUIRE_EQUAL(queries.size(), 1u);
    CAF_CHECK_EQUAL(queries[0].index, 7u);
    CAF_CHECK_EQUAL(queries[0].wait.count(), 60'000);
  }

  CAF_TEST(a service is watched once) {
    CAF_REQUIRE(table.add("a", now));
    CAF_REQUIRE(table.add("a", now));
    CAF_CHECK_EQUAL(table.size(), 1u);
    CAF_CHECK_EQUAL(started(), strings{"a@0"});
  }

  CAF_TEST(a change after a long wait is asked about again at once) {
    CAF_REQUIRE(table.add("a", now));
    started();
    table.answered("a", "7", now);
    advance(100ms);
    started();
    advance(30s);
    table.answered("a", "8", now);
    CAF_CHECK_EQUAL(started(), strings{"a@8"});
  }

  CAF_TEST(an agent that answers at once costs ten queries a second) {
    CAF_REQUIRE(table.add("a", now));
    size_t queries = 0;
    for (auto end = now + 10s; now < end; advance(1ms)) {
      if (!started().empty()) {
        ++queries;
        table.answered("a", std::to_string(queries), now);
      }
    }
    CAF_CHECK_EQUAL(queries, 100u);
  }

  CAF_TEST(an index that went backwards starts over) {
    CAF_REQUIRE(table.add("a", now));
    started();
    table.answered("a", "100", now);
    advance(100ms);
    CAF_CHECK_EQUAL(started(), strings{"a@100"});
    advance(1s);
    table.answered("a", "20", now);
    CAF_CHECK_EQUAL(started(), strings{"a@0"});
    table.answered("a", "20", now);
    advance(100ms);
    CAF_CHECK_EQUAL(started(), strings{"a@20"});
  }

  CAF_TEST(an answer without an index is asked for once a second) {
    CAF_REQUIRE(table.add("a", now));
    started();
    table.answered("a", std::nullopt, now);
    CAF_CHECK_EQUAL(until_due().count(), 1'000);
    advance(1s);
    CAF_CHECK_EQUAL(started(), strings{"a@0"});
  }

  CAF_TEST(failures back off and an answer ends that) {
    CAF_REQUIRE(table.add("a", now));
    std::chrono::milliseconds last{0};
    for (int i = 0; i < 10; ++i) {
      CAF_REQUIRE_EQUAL(started(), strings{"a@0"});
      table.failed("a", now, 0.99);
      CAF_CHECK_GREATER_OR_EQUAL(until_due(), last);
      last = until_due();
      advance(last);
    }
    CAF_CHECK_GREATER(last, 9s);
    CAF_CHECK_LESS_OR_EQUAL(last, 10s);
    started();
    table.answered("a", "7", now);
    advance(100ms);
    started();
    table.failed("a", now, 0);
    CAF_CHECK_EQUAL(until_due().count(), 100);
  }

  CAF_TEST(after a failure the index starts over) {
    CAF_REQUIRE(table.add("a", now));
    started();
    table.answered("a", "7", now);
    advance(100ms);
    CAF_CHECK_EQUAL(started(), strings{"a@7"});
    table.failed("a", now, 0);
    advance(1s);
    CAF_CHECK_EQUAL(started(), strings{"a@0"});
  }

  CAF_TEST(an agent that is back ends all back-offs) {
    CAF_REQUIRE(table.add("a", now));
    CAF_REQUIRE(table.add("b", now));
    for (int i = 0; i < 8; ++i) {
      started();
      table.failed("a", now, 0.5);
      table.failed("b", now, 0.5);
      advance(10s);
    }
    started();
    table.failed("a", now, 0.5);
    table.failed("b", now, 0.5);
    advance(1s);
    CAF_CHECK(started().empty());
    table.agent_is_back(now);
    CAF_CHECK_EQUAL(started(), (strings{"a@0", "b@0"}));
  }

  CAF_TEST(a service that nobody watches is not asked about) {
    CAF_REQUIRE(table.add("a", now));
    CAF_REQUIRE(table.add("b", now));
    table.remove("a");
    CAF_CHECK_EQUAL(started(), strings{"b@0"});
    table.remove("b");
    table.answered("b", "7", now);
    table.failed("b", now, 0);
    CAF_CHECK_EQUAL(table.size(), 0u);
    CAF_CHECK(!table.next_due());
    table.remove("never there");
  }

  CAF_TEST(beyond the limit a service is refused) {
    watch_limits limits;
    limits.services = 2;
    table = watch_table{limits};
    CAF_CHECK(table.add("a", now));
    CAF_CHECK(table.add("b", now));
    CAF_CHECK(!table.add("c", now));
    CAF_CHECK(table.add("a", now));
    table.remove("a");
    CAF_CHECK(table.add("c", now));
  }

  CAF_TEST(with many services each has its turn within the wait) {
    // Answers come when the wait is over; nothing changes.
    std::map<std::string, time_point> asked;
    std::vector<std::pair<time_point, std::string>> open;
    for (int i = 0; i < 300; ++i)
      CAF_REQUIRE(table.add("s" + std::to_string(i), now));
    size_t most_open = 0;
    auto begin = now;
    for (auto end = now + 5min; now < end; advance(50ms)) {
      for (auto i = open.begin(); i != open.end();) {
        if (i->first > now) {
          ++i;
          continue;
        }
        table.answered(i->second, "7", now);
        i = open.erase(i);
      }
      for (const auto& x : table.start(now)) {
        auto last = asked.find(x.service);
        if (last != asked.end() && last->second > begin + 1s)
          CAF_CHECK_LESS(now - last->second, 70s);
        asked[x.service] = now;
        open.emplace_back(now + x.wait, x.service);
      }
      size_t blocking = 0;
      for (const auto& x : open)
        blocking += x.first > now;
      most_open = std::max(most_open, blocking);
    }
    CAF_CHECK_EQUAL(asked.size(), 300u);
    CAF_CHECK_EQUAL(most_open, watch_limits{}.blocking_queries);
    for (const auto& [service, at] : asked)
      CAF_CHECK_LESS(now - at, 70s);
  }

  CAF_TEST(a new service is looked up although all others wait) {
    for (int i = 0; i < 64; ++i)
      CAF_REQUIRE(table.add("s" + std::to_string(i), now));
    for (int round = 0; round < 4; ++round)
      for (const auto& x : table.start(now))
        table.answered(x.service, "7", now);
    advance(100ms);
    CAF_CHECK_EQUAL(started().size(), 64u);
    CAF_REQUIRE(table.add("new", now));
    CAF_CHECK_EQUAL(started(), strings{"new@0"});
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST(back off stays between a tenth of a second and ten) {
    for (size_t failures = 0; failures < 100; ++failures) {
      for (double random : {0.0, 0.5, 0.999}) {
        auto delay = back_off(failures, random);
        CAF_CHECK_GREATER_OR_EQUAL(delay, 100ms);
        CAF_CHECK_LESS_OR_EQUAL(delay, 10s);
      }
    }
    CAF_CHECK_EQUAL(back_off(1, 0.0).count(), 100);
    CAF_CHECK_LESS(back_off(3, 0.0), back_off(3, 0.9));
  }
