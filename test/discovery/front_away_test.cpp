#define CAF_SUITE registry_front_away

#include "discovery/front_fixture.hpp"

#include <caf/exit_reason.hpp>

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::discovery;
using namespace mica::test;

using strings = std::vector<std::string>;

namespace {

struct away_fixture : front_fixture {
  away_fixture() {
    backend.know("greeter", {one_node("greeter")});
    CAF_REQUIRE_EQUAL(ids("greeter"), strings{"n1"});
  }

  /// Makes the front notice what the backend does by asking about something else.
  void notice() {
    (void)failure("something-else");
  }

  void pass(caf::timespan time) {
    for (auto gone = 0s; gone < time; gone += 1s)
      advance(1s);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(registry_front_away, away_fixture)

  CAF_TEST(known services stay known while the backend is away) {
    CAF_CHECK(!stale("greeter"));
    advance(3s);
    go_away();
    notice();
    pass(3600s);
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
  }

  CAF_TEST(an answer says for how long nobody could confirm it) {
    go_away();
    advance(2s);
    notice();
    CAF_CHECK(stale("greeter") == 2s);
    advance(5s);
    CAF_CHECK(stale("greeter") == 7s);
  }

  CAF_TEST(unknown services are not available while the backend is away) {
    go_away();
    CAF_CHECK(failure("other") == errc::unavailable);
    auto found = look_up("other");
    CAF_CHECK_EQUAL(found.error().detail, unreachable().detail);
  }

  CAF_TEST(answers are fresh again when the backend is back) {
    go_away();
    notice();
    CAF_CHECK(stale("greeter"));
    come_back();
    // It is asked from time to time by itself.
    pass(10s);
    CAF_CHECK(!stale("greeter"));
  }

  CAF_TEST(the backend is tried less and less often) {
    go_away();
    notice();
    auto before = backend.lookups();
    pass(60s);
    auto tries = backend.lookups() - before;
    // 0.5 s, 1 s, 2 s, 4 s, 8 s, then every 10 s, each up to half of it earlier.
    CAF_CHECK_GREATER_OR_EQUAL(tries, 8u);
    CAF_CHECK_LESS_OR_EQUAL(tries, 18u);
  }

  CAF_TEST(a backend whose actor ended leaves the cache in use) {
    caf::anon_send_exit(backend.handle(), caf::exit_reason::user_shutdown);
    deliver();
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK(stale("greeter"));
    CAF_CHECK(failure("other") == errc::unavailable);
    auto done = put(one_node("greeter", "n2"));
    CAF_CHECK(!done && done.error().reason == errc::unavailable);
    auto watcher = watch("other");
    CAF_REQUIRE_EQUAL(watcher.taken().size(), 1u);
    CAF_CHECK(watcher.last().versions.empty());
    CAF_CHECK(watcher.last().stale_for);
    pass(3600s);
    auto old = watch("greeter");
    CAF_CHECK_EQUAL(old.last().versions.size(), 1u);
  }

  CAF_TEST(a stale push empties nothing) {
    backend.push({"greeter", {}, 4s});
    deliver();
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK(stale("greeter") == 4s);
    change("greeter", {one_node("greeter", "n2")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n2"});
    CAF_CHECK(!stale("greeter"));
  }

  CAF_TEST(watchers are told once that the backend is away and once that it is back) {
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(watcher.taken().size(), 1u);
    go_away();
    notice();
    notice();
    pass(30s);
    CAF_REQUIRE_EQUAL(watcher.taken().size(), 2u);
    CAF_CHECK(watcher.last().stale_for);
    CAF_CHECK_EQUAL(watcher.last().versions.size(), 1u);
    come_back();
    pass(10s);
    CAF_REQUIRE_EQUAL(watcher.taken().size(), 3u);
    CAF_CHECK(!watcher.last().stale_for);
    CAF_CHECK_EQUAL(watcher.last().versions.size(), 1u);
  }

  CAF_TEST(a watcher that comes while the backend is away gets the service later) {
    go_away();
    auto watcher = watch("other");
    CAF_REQUIRE_EQUAL(watcher.taken().size(), 1u);
    CAF_CHECK(watcher.last().stale_for);
    come_back();
    backend.know("other", {one_node("other")});
    pass(10s);
    CAF_CHECK(watcher.last().versions
              == std::vector<service_record>{one_node("other")});
    CAF_CHECK(!watcher.last().stale_for);
  }

  CAF_TEST(a backend that comes back empty gets one renewal interval) {
    auto watcher = watch("greeter");
    go_away();
    notice();
    advance(5s);
    come_back();
    change("greeter", {});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK(stale("greeter"));
    pass(30s);
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK(!watcher.last().versions.empty());
    pass(5s);
    CAF_CHECK(watcher.last().versions.empty());
    CAF_CHECK(failure("greeter") == errc::service_not_found);
  }

  CAF_TEST(a service that comes back after the backend is fresh at once) {
    auto watcher = watch("greeter");
    go_away();
    notice();
    come_back();
    change("greeter", {});
    pass(10s);
    change("greeter", {one_node("greeter", "n2")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n2"});
    CAF_CHECK(!stale("greeter"));
    pass(60s);
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n2"});
  }

  CAF_TEST(a refused request is no sign of absence) {
    backend.fail_with(error{errc::permission_denied, "no"});
    CAF_CHECK(failure("other") == errc::permission_denied);
    CAF_CHECK(!stale("greeter"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
