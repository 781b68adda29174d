#define CAF_SUITE client_core

#include "core_fixture.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;

CAF_TEST_FIXTURE_SCOPE(client_core_tests, core_fixture)

  CAF_TEST(a call to a node of mica is gRPC over HTTP 2) {
    core->begin(make());
    CAF_CHECK(watched == std::vector<std::string>{"greeter"});
    CAF_CHECK(looked_up == std::vector<std::string>{"greeter"});
    announce_mica();
    CAF_REQUIRE_EQUAL(pool->seen.size(), 1u);
    const auto& x = pool->seen[0];
    CAF_CHECK(x.to == (net::target{"h:1", net::http_version::http2, false}));
    CAF_CHECK_EQUAL(x.request.target, "/Greeter/Hello");
    CAF_CHECK_EQUAL(x.request.fields.get_or("grpc-timeout", ""), "5000000u");
    CAF_CHECK_EQUAL(x.request.body, (std::string{"\0\0\0\0\5hello", 10}));
    CAF_CHECK(x.deadline == now + 5s);
    pool->answer(grpc_answer("world"));
    CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
    CAF_REQUIRE(outcomes[0]);
    CAF_CHECK_EQUAL(outcomes[0]->payload(), "world");
  }

  CAF_TEST(a call to a node of Go Micro is what it announces) {
    announce({"h:1"}, {});
    core->begin(make());
    announce({"h:1"}, {{"protocol", "mucp"}});
    CAF_CHECK_EQUAL(pool->seen.back().request.target, "/");
    CAF_CHECK_EQUAL(pool->seen.back().request.body, "hello");
    CAF_CHECK(pool->seen.back().to.version == net::http_version::http1);
    announce({"h:1"}, {{"protocol", "grpc"}});
    core->begin(make());
    CAF_CHECK_EQUAL(pool->seen.back().request.target, "/greeter.Greeter/Hello");
    CAF_CHECK(pool->seen.back().to.version == net::http_version::http2);
  }

  CAF_TEST(an address is called without the registry) {
    auto call = make();
    call->address = "unix:/run/x";
    call->wishes.protocol = protocol_choice::grpc;
    core->begin(call);
    CAF_CHECK(watched.empty());
    CAF_REQUIRE_EQUAL(pool->seen.size(), 1u);
    CAF_CHECK_EQUAL(pool->seen[0].to.address, "unix:/run/x");
    CAF_CHECK_EQUAL(pool->seen[0].request.fields.get_or("host", ""), "localhost");
  }

  CAF_TEST(what a handler said stays as it said it) {
    core->begin(make());
    announce_mica();
    pool->answer(grpc_failure({404, "no such book", "greeter"}));
    CAF_CHECK(failure() == (error{404, "no such book", "greeter"}));
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
  }

  CAF_TEST(a cancelled call resets its exchange) {
    auto call = make();
    core->begin(call);
    announce_mica();
    core->cancel(*call, {errc::cancelled, "enough", "go.micro.client"});
    CAF_CHECK(pool->seen[0].cancelled);
    CAF_CHECK(failure().reason == errc::cancelled);
    core->cancel(*call, {errc::cancelled, "again"});
    CAF_CHECK_EQUAL(outcomes.size(), 1u);
  }

  CAF_TEST(a call cancelled while the registry thinks is not made) {
    auto call = make();
    core->begin(call);
    core->cancel(*call, {errc::cancelled, "enough"});
    announce_mica();
    CAF_CHECK(failure().reason == errc::cancelled);
    CAF_CHECK(pool->seen.empty());
  }

  CAF_TEST(a call that waits until ready comes through when there is a node) {
    auto call = make();
    call->retries = 0;
    call->wishes.wait_for_ready = true;
    core->begin(call);
    core->services().not_found("greeter", {errc::service_not_found, "no"}, now);
    CAF_CHECK(outcomes.empty());
    // A registry that answers at once is asked each time.
    advance();
    CAF_CHECK_EQUAL(looked_up.size(), 2u);
    announce_mica();
    for (int i = 0; i < 5; ++i) {
      pool->answer(unreached);
      if (!timers.empty())
        advance();
    }
    CAF_CHECK(outcomes.empty());
    pool->answer(grpc_answer("there"));
    CAF_REQUIRE(outcomes.at(0));
  }

  CAF_TEST(a call that waits until ready ends with its deadline and says for what) {
    auto call = make();
    call->wishes.wait_for_ready = true;
    auto deadline = call->deadline;
    core->begin(call);
    while (outcomes.empty()) {
      core->services().not_found("greeter", {errc::service_not_found, "no"}, now);
      advance();
    }
    CAF_CHECK(now == deadline);
    CAF_CHECK(failure().reason == errc::timeout);
    CAF_CHECK(failure().detail.find("waited for: service greeter: not found")
              != std::string::npos);
    // 20 ms, doubled up to a second: not one try per millisecond.
    CAF_CHECK_LESS(looked_up.size(), 15u);
  }

  CAF_TEST(a call that does not wait fails with what is missing) {
    core->begin(make());
    core->services().not_found("greeter", {errc::service_not_found, "no"}, now);
    CAF_CHECK(failure().reason == errc::service_not_found);
  }

  CAF_TEST(calls made by the ends of calls do not pile up on the stack) {
    pool->at_once = &unreached;
    announce_mica();
    int ended = 0;
    std::function<void()> next = [&] {
      auto call = make();
      call->address = "h:1";
      call->rule = retry_rule::never;
      call->done = [&](expected<incoming_reply>) {
        CAF_CHECK(core->depth() <= client_core::max_depth);
        if (++ended < 5)
          next();
      };
      core->begin(call);
    };
    next();
    CAF_CHECK_EQUAL(ended, 5);
    CAF_CHECK_EQUAL(core->depth(), 0);
  }

  CAF_TEST(a client that has ended fails what waits and what comes) {
    core->begin(make());
    core->begin(make("other"));
    core->close();
    CAF_CHECK_EQUAL(outcomes.size(), 2u);
    core->begin(make());
    CAF_REQUIRE_EQUAL(outcomes.size(), 3u);
    for (const auto& x : outcomes)
      CAF_CHECK(x.error().reason == errc::unavailable);
    bool told = false;
    core->choose({"greeter", {}, protocol_choice::automatic, {}, now + 1s},
                 [&](expected<route> x) { told = !x; });
    CAF_CHECK(told);
  }

  CAF_TEST(others may ask where a call would go) {
    std::vector<expected<route>> found;
    core->choose({"greeter", {}, protocol_choice::automatic, {}, now + 1s},
                 [&](expected<route> x) { found.push_back(std::move(x)); });
    CAF_CHECK(found.empty());
    announce_mica({"h:1", "h:2"});
    CAF_REQUIRE_EQUAL(found.size(), 1u);
    CAF_CHECK(found[0]->over_http2());
    auto first = found[0]->to.address;
    core->choose({"greeter", {}, protocol_choice::automatic, {first}, now + 1s},
                 [&](expected<route> x) { found.push_back(std::move(x)); });
    CAF_REQUIRE_EQUAL(found.size(), 2u);
    CAF_CHECK(found[1]->to.address != first);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
