#define CAF_SUITE etcd.refresh_table

#include "etcd/refresh_table.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery::etcd;
using namespace std::chrono_literals;

using names = std::vector<std::string>;

namespace {

struct fixture {
  refresh_table table{{.services = 3, .reads = 2, .interval = 20ms}};
  refresh_table::time_point now{1h};

  names start() {
    return table.start(now);
  }

  names start_after(std::chrono::milliseconds delay) {
    now += delay;
    return table.start(now);
  }

  /// `service` is read and up to date at revision 10.
  void settle(const std::string& service) {
    CAF_REQUIRE(table.add(service, now));
    CAF_REQUIRE_EQUAL(start(), names{service});
    table.answered(service, 10, now);
    CAF_REQUIRE(!table.next_due());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(refresh_table_tests, fixture)

  CAF_TEST(a new service is read at once and then no more) {
    settle("a");
    CAF_CHECK(start_after(1h).empty());
  }

  CAF_TEST(a change makes its service alone be read) {
    settle("a");
    settle("b");
    now += 1s;
    table.changed("b", 11, now);
    CAF_CHECK_EQUAL(start(), names{"b"});
    table.answered("b", 11, now);
    CAF_CHECK(!table.next_due());
  }

  CAF_TEST(a burst of changes is one read an interval) {
    settle("a");
    now += 1s;
    table.changed("a", 11, now);
    CAF_CHECK_EQUAL(start(), names{"a"});
    for (int64_t revision = 12; revision < 100; ++revision)
      table.changed("a", revision, now);
    CAF_CHECK(start().empty());
    table.answered("a", 11, now);
    CAF_CHECK(start_after(19ms).empty());
    CAF_CHECK_EQUAL(start_after(1ms), names{"a"});
    table.answered("a", 99, now);
    CAF_CHECK(!table.next_due());
  }

  CAF_TEST(an answer older than the change is asked for again) {
    settle("a");
    now += 1s;
    table.changed("a", 20, now);
    CAF_REQUIRE_EQUAL(start(), names{"a"});
    table.answered("a", 19, now);
    CAF_CHECK_EQUAL(start_after(20ms), names{"a"});
  }

  CAF_TEST(a change that was read already is none) {
    settle("a");
    table.changed("a", 10, now);
    CAF_CHECK(!table.next_due());
  }

  CAF_TEST(services that share a part of the keys are read together) {
    settle("a/b");
    settle("a-b");
    now += 1s;
    table.changed("a-b", 11, now);
    CAF_CHECK_EQUAL(start(), (names{"a-b", "a/b"}));
  }

  CAF_TEST(a new watch makes all be read even if the store starts over) {
    settle("a");
    settle("b");
    now += 1s;
    table.all_changed(3, now);
    CAF_CHECK_EQUAL(start(), (names{"a", "b"}));
    table.answered("a", 3, now);
    table.answered("b", 3, now);
    now += 1s;
    table.changed("a", 4, now);
    CAF_CHECK_EQUAL(start(), names{"a"});
  }

  CAF_TEST(reads beyond the limit wait for their turn) {
    for (const char* service : {"a", "b", "c"})
      CAF_REQUIRE(table.add(service, now));
    CAF_CHECK_EQUAL(start(), (names{"a", "b"}));
    CAF_CHECK(!table.next_due());
    table.answered("a", 1, now);
    CAF_CHECK_EQUAL(start(), names{"c"});
  }

  CAF_TEST(more services than the limit are refused) {
    for (const char* service : {"a", "b", "c"})
      CAF_REQUIRE(table.add(service, now));
    CAF_CHECK(!table.add("d", now));
    CAF_CHECK(table.add("c", now));
    table.remove("a");
    CAF_CHECK(table.add("d", now));
  }

  CAF_TEST(a removed service gives its read back) {
    CAF_REQUIRE(table.add("a", now));
    CAF_REQUIRE(table.add("b", now));
    CAF_REQUIRE(table.add("c", now));
    CAF_REQUIRE_EQUAL(start(), (names{"a", "b"}));
    table.remove("a");
    table.answered("a", 1, now);
    CAF_CHECK_EQUAL(start(), names{"c"});
  }

  CAF_TEST(failures are repeated ever more slowly and at once when etcd is back) {
    CAF_REQUIRE(table.add("a", now));
    auto last = 0ms;
    for (auto failures = 0; failures < 6; ++failures) {
      CAF_REQUIRE_EQUAL(start(), names{"a"});
      table.failed("a", now, 0);
      CAF_REQUIRE(table.next_due());
      auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(
          *table.next_due() - now);
      CAF_CHECK(pause >= last && pause <= 10s);
      last = pause;
      if (failures < 5)
        now += pause;
    }
    CAF_CHECK(last >= 5s);
    table.is_back(now);
    CAF_CHECK_EQUAL(start_after(20ms), names{"a"});
  }

  CAF_TEST_FIXTURE_SCOPE_END()
