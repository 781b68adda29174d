#define CAF_SUITE client_repeats

#include "core_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <set>

using namespace mica;
using namespace mica::test;

CAF_TEST_FIXTURE_SCOPE(client_repeats_tests, core_fixture)

  CAF_TEST(a refused stream is opened again once although nothing may be repeated) {
    auto call = make();
    call->retries = 0;
    core->begin(call);
    announce_mica();
    pool->answer(error{errc::connection_failed, "stream refused"});
    CAF_REQUIRE_EQUAL(pool->seen.size(), 2u);
    CAF_CHECK_EQUAL(pool->seen[1].request.body, pool->seen[0].request.body);
    pool->answer(error{errc::connection_failed, "stream refused"});
    CAF_CHECK_EQUAL(pool->seen.size(), 2u);
    CAF_CHECK(failure().reason == errc::connection_failed);
    CAF_CHECK_EQUAL(failure().detail,
                    "1: stream refused (id-h:1 at h:1 of memory, 5s left); "
                    "2: stream refused (id-h:1 at h:1 of memory, 5s left)");
  }

  CAF_TEST(a refused stream does not cost one of the retries) {
    auto call = make();
    call->retries = 1;
    core->begin(call);
    announce_mica({"h:1", "h:2", "h:3"});
    pool->answer(error{errc::connection_failed, "refused"});
    CAF_REQUIRE_EQUAL(pool->seen.size(), 2u);
    pool->answer(error{errc::connection_failed, "refused"});
    CAF_REQUIRE_EQUAL(pool->seen.size(), 3u);
    std::set<std::string> called;
    for (const auto& x : pool->seen)
      called.insert(x.to.address);
    CAF_CHECK_EQUAL(called.size(), 3u);
    pool->answer(error{errc::connection_failed, "refused"});
    // No other node is left: now it counts, and waits.
    advance();
    CAF_REQUIRE_EQUAL(pool->seen.size(), 4u);
    pool->answer(grpc_answer("late"));
    CAF_CHECK_EQUAL(outcomes.at(0)->payload(), "late");
  }

  CAF_TEST(never means never) {
    auto call = make();
    call->rule = retry_rule::never;
    core->begin(call);
    announce_mica();
    pool->answer(unreached);
    CAF_CHECK(failure().reason == errc::connection_failed);
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
  }

  CAF_TEST(never is never also where there are others) {
    auto call = make();
    call->rule = retry_rule::never;
    core->begin(call);
    announce_mica({"h:1", "h:2"});
    pool->answer(unreached);
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
    CAF_CHECK(failure().reason == errc::connection_failed);
  }

  CAF_TEST(over HTTP 1 too what never left goes to another node at once) {
    auto call = make();
    call->retries = 0;
    core->begin(call);
    announce({"h:1", "h:2"}, {{"protocol", "mucp"}});
    pool->answer(unreached);
    CAF_REQUIRE_EQUAL(pool->seen.size(), 2u);
    CAF_CHECK(timers.empty());
    CAF_CHECK(pool->seen[0].to.address != pool->seen[1].to.address);
  }

  CAF_TEST(a refused certificate is repeated nowhere) {
    auto call = make();
    call->retries = 5;
    call->rule = retry_rule::always;
    core->begin(call);
    announce_mica({"h:1", "h:2"});
    pool->answer(error{errc::unauthenticated, "no connection to h:1: not trusted"});
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
    CAF_CHECK(failure().reason == errc::unauthenticated);
  }

  CAF_TEST(an idempotent call goes to another node when its connection breaks) {
    auto call = make();
    call->level = idempotency::idempotent;
    core->begin(call);
    announce_mica({"h:1", "h:2"});
    pool->answer(error{errc::connection_lost, "reset"});
    CAF_REQUIRE_EQUAL(pool->seen.size(), 2u);
    CAF_CHECK(timers.empty());
    CAF_CHECK(pool->seen[0].to.address != pool->seen[1].to.address);
  }

  CAF_TEST(repetitions end when the budget is used up) {
    announce_mica();
    size_t repeated = 0;
    for (int i = 0; i < 200; ++i) {
      auto call = make();
      call->level = idempotency::idempotent;
      core->begin(call);
      if (i == 0)
        announce_mica({"h:1", "h:2"});
      auto before = pool->seen.size();
      pool->answer(error{errc::connection_lost, "reset"});
      if (pool->seen.size() == before)
        break;
      ++repeated;
      pool->answer(error{errc::connection_lost, "reset"});
    }
    // A hundred at first, and a fifth of one for each call.
    CAF_CHECK_GREATER(repeated, 100u);
    CAF_CHECK_LESS(repeated, 130u);
    CAF_CHECK(outcomes.back().error().detail.find("the retry budget is used up")
              != std::string::npos);
  }

  CAF_TEST(a failure names node and registry and the time that was left) {
    core->begin(make());
    announce_mica();
    now += 1500ms;
    pool->answer(error{errc::connection_lost, "reset"});
    CAF_CHECK_EQUAL(failure().detail, "reset (id-h:1 at h:1 of memory, 3.5s left)");
  }

  CAF_TEST(a service that is unknown fails without another look at a slow registry) {
    core->begin(make());
    now += 11ms;
    core->services().not_found("greeter", {errc::service_not_found, "no"}, now);
    core->begin(make());
    CAF_REQUIRE_EQUAL(outcomes.size(), 2u);
    CAF_CHECK_EQUAL(outcomes[1].error().detail, "service greeter: not found in memory");
    CAF_CHECK_EQUAL(looked_up.size(), 1u);
    // Its watch says when it comes.
    announce_mica();
    core->begin(make());
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
  }

  CAF_TEST(filters of a call are kept to and said to leave none) {
    auto call = make();
    call->wishes.filters = {discovery::filter_label("zone", "b")};
    core->begin(call);
    announce({"h:1"}, {{"zone", "a"}});
    CAF_CHECK(failure().reason == errc::none_available);
    CAF_CHECK_EQUAL(failure().detail,
                    "error getting next greeter node: none available, "
                    "none passes the filters of 1 in memory");
  }

  CAF_TEST(a large request is sent once) {
    auto call = make();
    call->request.body = std::string(1001, 'x');
    call->request.body_offset = 0;
    core->begin(call);
    announce_mica();
    pool->answer(unreached);
    CAF_CHECK(failure().reason == errc::connection_failed);
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
  }

  CAF_TEST(what may have run is not repeated) {
    core->begin(make());
    announce_mica();
    pool->answer(error{errc::connection_lost, "reset"});
    CAF_CHECK(failure().reason == errc::connection_lost);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
