#define CAF_SUITE client_core

#include "client/client_core.hpp"

#include "mica/codecs/grpc.hpp"

#include <caf/test/unit_test.hpp>

#include <chrono>
#include <deque>
#include <set>
#include <string>
#include <vector>

using namespace mica;
using namespace mica::detail;
using namespace std::chrono_literals;

namespace {

using time_point = client_core::time_point;

// Keeps what it is given until the test answers.
class fake_pool : public net::pool {
public:
  struct exchange_seen {
    net::target to;
    http_request request;
    time_point deadline;
    done then;
    bool cancelled = false;
  };

  uint64_t exchange(const net::target& to, http_request&& request, time_point deadline,
                    done then) override {
    seen.push_back({to, std::move(request), deadline, std::move(then)});
    if (at_once)
      std::exchange(seen.back().then, nullptr)(*at_once);
    return seen.size();
  }

  uint64_t open(const net::target&, http_request&&, time_point,
                std::unique_ptr<net::response_receiver>) override {
    return 0;
  }

  void cancel(uint64_t number) override {
    seen.at(number - 1).cancelled = true;
    seen.at(number - 1).then = nullptr;
  }

  // The last exchange ends.
  void answer(expected<http_response> outcome) {
    std::exchange(seen.back().then, nullptr)(std::move(outcome));
  }

  std::deque<exchange_seen> seen;
  const error* at_once = nullptr;
};

const error unreached{errc::connection_failed, "dial h:1: refused"};

struct fixture {
  fixture() : pool(std::make_shared<fake_pool>()) {
    client_core::options options;
    options.pool = pool;
    options.types = &types;
    options.limits.repeat_bytes = 1000;
    options.directory.selector =
        *discovery::find_selector(discovery::known_selectors(), "roundrobin");
    options.directory.registry = "memory";
    core = std::make_shared<client_core>(std::move(options), 1);
    core->use({{[this](const std::string& x) { watched.push_back(x); },
                [this](const std::string& x) { looked_up.push_back(x); }, [] {}},
               [this](std::chrono::nanoseconds wait, std::function<void()> run) {
                 timers.emplace_back(now + wait, std::move(run));
               },
               [this] { return now; }});
  }

  ~fixture() {
    // Calls that are still open fail while there is who hears of it.
    core->close();
    pool->seen.clear();
    timers.clear();
  }

  client_call_ptr make(std::string service = "greeter") {
    auto call = std::make_shared<client_call>();
    call->request.service = std::move(service);
    call->request.endpoint = "Greeter.Hello";
    call->request.body = "12345hello";
    call->request.body_offset = 5;
    call->deadline = now + 5s;
    call->done = [this](expected<incoming_reply> x) {
      outcomes.push_back(std::move(x));
    };
    return call;
  }

  void announce(std::vector<std::string> addresses, discovery::labels labels) {
    discovery::service_record record{"greeter", "latest", {}, {}, {}};
    for (const auto& x : addresses)
      record.nodes.push_back({"id-" + x, x, labels});
    core->services().update({"greeter", {record}, {}}, now);
  }

  void announce_mica(std::vector<std::string> addresses = {"h:1"}) {
    announce(std::move(addresses),
             {{"protocol", "mucp"}, {"mica-protocols", "grpc,mucp,http"}});
  }

  static http_response grpc_answer(std::string_view payload) {
    reply_style style;
    style.via = protocol::grpc;
    style.content_type = "application/grpc";
    return grpc::write_reply(style, {{}, std::string{payload}, {}});
  }

  static http_response grpc_failure(error why) {
    reply_style style;
    style.via = protocol::grpc;
    style.content_type = "application/grpc";
    return grpc::write_reply(style, {{}, {}, std::move(why)});
  }

  // Runs what is due, at its time.
  void advance() {
    CAF_REQUIRE(!timers.empty());
    auto [when, run] = std::move(timers.front());
    timers.pop_front();
    now = when;
    run();
  }

  const error& failure() {
    CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
    CAF_REQUIRE(!outcomes[0]);
    return outcomes[0].error();
  }

  content_types types;
  time_point now = time_point{} + 1h;
  std::shared_ptr<fake_pool> pool;
  std::shared_ptr<client_core> core;
  std::vector<std::string> watched;
  std::vector<std::string> looked_up;
  std::deque<std::pair<time_point, std::function<void()>>> timers;
  std::vector<expected<incoming_reply>> outcomes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(client_core_tests, fixture)

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
