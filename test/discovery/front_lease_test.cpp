#define CAF_SUITE registry_front_leases

#include "discovery/front_fixture.hpp"

#include <caf/exit_reason.hpp>

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::discovery;
using namespace mica::test;

namespace {

struct lease_fixture : front_fixture {
  using front_fixture::front_fixture;

  size_t registrations() const {
    return backend.registrations().size();
  }

  caf::timespan between(size_t earlier) const {
    const auto& xs = backend.registrations();
    return xs[earlier + 1].time - xs[earlier].time;
  }

  void pass(caf::timespan time, caf::timespan step = 100ms) {
    for (auto gone = caf::timespan{0}; gone < time; gone += step)
      advance(step);
  }
};

struct no_renewal : lease_fixture {
  no_renewal() : lease_fixture(never()) {
    // nop
  }

  static registry_options never() {
    registry_options result;
    result.register_interval = 0ms;
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(registry_front_leases, lease_fixture)

  CAF_TEST(a registration is renewed at the interval less up to a tenth) {
    CAF_REQUIRE(put(one_node("greeter"), 60s));
    pass(120s);
    CAF_REQUIRE_GREATER_OR_EQUAL(registrations(), 5u);
    CAF_CHECK_LESS_OR_EQUAL(registrations(), 6u);
    for (size_t i = 0; i + 1 < registrations(); ++i) {
      CAF_CHECK_GREATER_OR_EQUAL(between(i), 27s);
      CAF_CHECK_LESS_OR_EQUAL(between(i), 30s + 100ms);
    }
    for (const auto& x : backend.registrations()) {
      CAF_CHECK(x.record == one_node("greeter"));
      CAF_CHECK(x.ttl == 60s);
    }
  }

  CAF_TEST(a deregistered node is not renewed) {
    CAF_REQUIRE(put(one_node("greeter"), 60s));
    CAF_REQUIRE(drop(one_node("greeter")));
    CAF_CHECK_EQUAL(backend.deregistrations().size(), 1u);
    pass(120s);
    CAF_CHECK_EQUAL(registrations(), 1u);
  }

  CAF_TEST(deregistering one node leaves the others their renewals) {
    auto both = one_node("greeter", "n1");
    both.nodes.push_back(one_node("greeter", "n2").nodes[0]);
    CAF_REQUIRE(put(both, 60s));
    CAF_REQUIRE(drop(one_node("greeter", "n1")));
    pass(31s);
    CAF_REQUIRE_EQUAL(registrations(), 2u);
    CAF_CHECK(backend.registrations()[1].record == one_node("greeter", "n2"));
  }

  CAF_TEST(a second registration of a node replaces the first) {
    CAF_REQUIRE(put(one_node("greeter"), 60s));
    auto changed = one_node("greeter");
    changed.version = "2";
    CAF_REQUIRE(put(changed, 40s));
    pass(31s);
    CAF_REQUIRE_EQUAL(registrations(), 3u);
    CAF_CHECK(backend.registrations()[2].record == changed);
    CAF_CHECK(backend.registrations()[2].ttl == 40s);
  }

  CAF_TEST(services of one process are renewed apart) {
    CAF_REQUIRE(put(one_node("a"), 60s));
    CAF_REQUIRE(put(one_node("b"), 60s));
    CAF_REQUIRE(drop(one_node("a")));
    pass(31s);
    CAF_REQUIRE_EQUAL(registrations(), 3u);
    CAF_CHECK_EQUAL(backend.registrations()[2].record.name, "b");
  }

  CAF_TEST(a renewal that fails is tried again with growing pauses) {
    CAF_REQUIRE(put(one_node("greeter"), 60s));
    pass(26s);
    go_away();
    pass(60s);
    auto tries = registrations() - 1;
    CAF_CHECK_GREATER_OR_EQUAL(tries, 5u);
    CAF_CHECK_LESS_OR_EQUAL(tries, 12u);
    CAF_CHECK_LESS_OR_EQUAL(between(1), 600ms);
    for (size_t i = 1; i + 1 < registrations(); ++i)
      CAF_CHECK_LESS_OR_EQUAL(between(i), 30s + 100ms);
  }

  CAF_TEST(everything is renewed at once when the backend is back) {
    CAF_REQUIRE(put(one_node("a"), 60s));
    CAF_REQUIRE(put(one_node("b"), 60s));
    go_away();
    (void)failure("x");
    pass(1s);
    come_back();
    auto before = registrations();
    (void)failure("x");
    pass(100ms);
    CAF_CHECK_EQUAL(registrations() - before, 2u);
    // And from then on at the interval again.
    pass(26s);
    CAF_CHECK_EQUAL(registrations() - before, 2u);
    pass(5s);
    CAF_CHECK_EQUAL(registrations() - before, 4u);
  }

  CAF_TEST(a registration that failed because the backend is away is made later) {
    go_away();
    auto done = put(one_node("greeter"), 60s);
    CAF_CHECK(!done && done.error().reason == errc::unavailable);
    come_back();
    pass(2s);
    CAF_CHECK_EQUAL(registrations(), 2u);
  }

  CAF_TEST(a registration that was refused is not repeated) {
    backend.fail_with(error{errc::permission_denied, "no"});
    auto done = put(one_node("greeter"), 60s);
    CAF_CHECK(!done && done.error().reason == errc::permission_denied);
    come_back();
    pass(60s);
    CAF_CHECK_EQUAL(registrations(), 1u);
  }

  CAF_TEST(nonsense is refused without asking the backend) {
    go_away();
    auto done = put(one_node(""), 60s);
    CAF_CHECK(!done && done.error().reason == errc::invalid_argument);
    CAF_CHECK_EQUAL(registrations(), 0u);
  }

  CAF_TEST(renewals end with the front) {
    CAF_REQUIRE(put(one_node("greeter"), 60s));
    caf::anon_send_exit(registry(), caf::exit_reason::user_shutdown);
    pass(60s);
    CAF_CHECK_EQUAL(registrations(), 1u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST_FIXTURE_SCOPE(registry_front_without_renewal, no_renewal)

    CAF_TEST(an interval of zero renews nothing) {
      CAF_REQUIRE(put(one_node("greeter"), 60s));
      pass(300s, 1s);
      CAF_CHECK_EQUAL(registrations(), 1u);
    }

    CAF_TEST_FIXTURE_SCOPE_END()
