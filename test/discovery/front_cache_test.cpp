#define CAF_SUITE registry_front_cache

#include "discovery/front_fixture.hpp"

#include <caf/exit_reason.hpp>

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::discovery;
using namespace mica::test;

using strings = std::vector<std::string>;

namespace {

struct small_cache : front_fixture {
  small_cache() : front_fixture(with_room_for(3)) {
    for (const char* name : {"a", "b", "c", "d", "e"})
      backend.know(name, {one_node(name)});
  }

  static registry_options with_room_for(size_t services) {
    registry_options result;
    result.cached_services = services;
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(registry_front_cache, front_fixture)

  CAF_TEST(the backend is asked once and watched once for a service) {
    backend.know("greeter", {one_node("greeter")});
    for (auto times = 0; times < 5; ++times)
      CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK_EQUAL(backend.lookups(), 1u);
    CAF_CHECK_EQUAL(backend.watched(), strings{"greeter"});
  }

  CAF_TEST(concurrent lookups of a service share one question) {
    backend.know("greeter", {one_node("greeter")});
    backend.hold_lookups();
    auto first =
        self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    auto second =
        self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    deliver();
    CAF_CHECK_EQUAL(backend.lookups(), 1u);
    backend.release();
    deliver();
    auto answers = 0;
    auto count = [&](const snapshot& x) { answers += x.versions.size() == 1 ? 1 : 0; };
    auto fail = [&](const caf::error&) { CAF_ERROR("a lookup failed"); };
    first.receive(count, fail);
    second.receive(count, fail);
    CAF_CHECK_EQUAL(answers, 2);
  }

  CAF_TEST(what is not found is not cached) {
    CAF_CHECK(failure("greeter") == errc::service_not_found);
    CAF_CHECK(failure("greeter") == errc::service_not_found);
    CAF_CHECK_EQUAL(backend.lookups(), 2u);
    CAF_CHECK_EQUAL(backend.watched(), strings{});
    backend.know("greeter", {one_node("greeter")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
  }

  CAF_TEST(the watch keeps the cache true) {
    backend.know("greeter", {one_node("greeter")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    change("greeter", {one_node("greeter", "n2")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n2"});
    CAF_CHECK_EQUAL(backend.lookups(), 1u);
    change("greeter", {});
    CAF_CHECK_EQUAL(backend.watched(), strings{});
    CAF_CHECK(failure("greeter") == errc::service_not_found);
  }

  CAF_TEST(a push that overtakes a lookup wins) {
    auto watcher = watch("greeter");
    CAF_CHECK_EQUAL(watcher.taken().size(), 1u);
    backend.know("greeter", {one_node("greeter", "old")});
    backend.hold_lookups();
    auto open =
        self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    deliver();
    backend.push({"greeter", {one_node("greeter", "new")}, std::nullopt});
    deliver();
    backend.release();
    deliver();
    open.receive(
        [](const snapshot& x) {
          CAF_CHECK(x.versions
                    == std::vector<service_record>{one_node("greeter", "new")});
        },
        [](const caf::error&) { CAF_ERROR("the lookup failed"); });
    CAF_CHECK_EQUAL(ids("greeter"), strings{"new"});
  }

  CAF_TEST(what we registered is in the next lookup) {
    backend.know("greeter", {one_node("greeter", "n1")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    // The backend knows better, but its watch has not said so yet.
    backend.know("greeter", {one_node("greeter", "n2")});
    CAF_REQUIRE(put(one_node("greeter", "n2")));
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n2"});
    CAF_REQUIRE(drop(one_node("greeter", "n2")));
    backend.know("greeter", {});
    CAF_CHECK(failure("greeter") == errc::service_not_found);
  }

  CAF_TEST(an answer from before our own registration is not given after it) {
    auto ask = [&] {
      return self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    };
    auto check = [](auto& pending, const std::string& id) {
      pending.receive(
          [&](const snapshot& x) {
            CAF_CHECK(x.versions
                      == std::vector<service_record>{one_node("greeter", id)});
          },
          [](const caf::error&) { CAF_ERROR("the lookup failed"); });
    };
    backend.know("greeter", {one_node("greeter", "old")});
    backend.hold_lookups();
    auto before = ask();
    deliver();
    CAF_REQUIRE(put(one_node("greeter", "new")));
    auto after = ask();
    deliver();
    CAF_CHECK_EQUAL(backend.lookups(), 1u);
    backend.release_old();
    deliver();
    backend.know("greeter", {one_node("greeter", "new")});
    backend.release();
    deliver();
    CAF_CHECK_EQUAL(backend.lookups(), 2u);
    check(before, "new");
    check(after, "new");
  }

  CAF_TEST(a backend that refuses after our own registration is asked once) {
    backend.know("greeter", {one_node("greeter", "old")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"old"});
    CAF_REQUIRE(put(one_node("greeter", "new")));
    backend.fail_with(error{errc::permission_denied, "no"});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"old"});
    CAF_CHECK_EQUAL(backend.lookups(), 2u);
  }

  CAF_TEST(a service that nobody asks for any longer is forgotten) {
    backend.know("greeter", {one_node("greeter")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    advance(59s);
    CAF_CHECK_EQUAL(backend.watched(), strings{"greeter"});
    advance(16s);
    CAF_CHECK_EQUAL(backend.watched(), strings{});
  }

  CAF_TEST(an old answer is given at once and checked behind the back) {
    backend.know("greeter", {one_node("greeter", "n1")});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    advance(30s);
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    // The watch broke without a word.
    backend.know("greeter", {one_node("greeter", "n2")});
    advance(30s);
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n2"});
    CAF_CHECK_EQUAL(backend.lookups(), 2u);
  }

  CAF_TEST(a watched service is checked without being asked for) {
    backend.know("greeter", {one_node("greeter", "n1")});
    auto watcher = watch("greeter");
    backend.know("greeter", {one_node("greeter", "n2")});
    for (auto seconds = 0; seconds < 80; seconds += 5)
      advance(5s);
    CAF_REQUIRE(!watcher.last().versions.empty());
    CAF_CHECK(watcher.last().versions.front() == one_node("greeter", "n2"));
  }

  CAF_TEST(a backend that never answers does not hold lookups for ever) {
    backend.hold_lookups();
    auto open =
        self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    deliver();
    advance(10s);
    auto reason = errc::none;
    open.receive([](const snapshot&) { CAF_ERROR("an answer from nowhere"); },
                 [&](const caf::error& why) { reason = from_caf(why).reason; });
    CAF_CHECK(reason == errc::unavailable);
  }

  CAF_TEST(lookups that wait are answered when the front ends) {
    backend.hold_lookups();
    auto open =
        self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    deliver();
    caf::anon_send_exit(registry(), caf::exit_reason::user_shutdown);
    deliver();
    auto failed = false;
    open.receive([](const snapshot&) { CAF_ERROR("an answer from nowhere"); },
                 [&](const caf::error&) { failed = true; });
    CAF_CHECK(failed);
  }

  CAF_TEST(the watches at the backend end with the front) {
    backend.know("greeter", {one_node("greeter")});
    auto watcher = watch("greeter");
    CAF_CHECK_EQUAL(ids("greeter"), strings{"n1"});
    CAF_CHECK_EQUAL(backend.watched(), strings{"greeter"});
    caf::anon_send_exit(registry(), caf::exit_reason::user_shutdown);
    deliver();
    CAF_CHECK_EQUAL(backend.watched(), strings{});
  }

  CAF_TEST(an unwatched service that is gone needs no watch) {
    auto watcher = watch("greeter");
    CAF_CHECK_EQUAL(backend.watched(), strings{"greeter"});
    caf::anon_send_exit(watcher.handle(), caf::exit_reason::user_shutdown);
    deliver();
    CAF_CHECK_EQUAL(backend.watched(), strings{});
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST_FIXTURE_SCOPE(registry_front_small_cache, small_cache)

    CAF_TEST(the least recently used service leaves a full cache) {
      for (const char* name : {"a", "b", "c", "a", "d"})
        CAF_CHECK_EQUAL(ids(name), strings{"n1"});
      CAF_CHECK_EQUAL(backend.lookups(), 4u);
      CAF_CHECK_EQUAL(backend.watched(), (strings{"a", "c", "d"}));
      CAF_CHECK_EQUAL(ids("a"), strings{"n1"});
      CAF_CHECK_EQUAL(backend.lookups(), 4u);
      CAF_CHECK_EQUAL(ids("b"), strings{"n1"});
      CAF_CHECK_EQUAL(backend.lookups(), 5u);
    }

    CAF_TEST(a watched service stays in a full cache) {
      auto watcher = watch("a");
      for (const char* name : {"b", "c", "d", "e"})
        CAF_CHECK_EQUAL(ids(name), strings{"n1"});
      CAF_CHECK_EQUAL(backend.watched(), (strings{"a", "d", "e"}));
      caf::anon_send_exit(watcher.handle(), caf::exit_reason::user_shutdown);
      deliver();
      for (const char* name : {"b", "c", "d"})
        CAF_CHECK_EQUAL(ids(name), strings{"n1"});
      CAF_CHECK_EQUAL(backend.watched(), (strings{"b", "c", "d"}));
    }

    CAF_TEST(names that do not exist fill no cache) {
      for (auto number = 0; number < 100; ++number)
        CAF_CHECK(failure("made-up-" + std::to_string(number))
                  == errc::service_not_found);
      CAF_CHECK_EQUAL(backend.watched(), strings{});
    }

    CAF_TEST_FIXTURE_SCOPE_END()
