#define CAF_SUITE shipped_wrappers

#include "attempts_world.hpp"
#include "service_fixture.hpp"

#include "mica/actors/wrapper_breaker.hpp"
#include "mica/actors/wrapper_limits.hpp"
#include "mica/actors/wrapper_logging.hpp"
#include "mica/actors/wrapper_metrics.hpp"
#include "mica/actors/wrapper_tracing.hpp"

#include <future>
#include <mutex>
#include <thread>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

struct fixture : service_fixture, attempts_world {
  void note(std::string line) {
    std::lock_guard guard{mtx};
    lines.push_back(std::move(line));
  }

  logging log(size_t text_bytes = 256) {
    return logging{
        {[this](std::string_view x) { note(std::string{x}); }, true, text_bytes}};
  }

  // Starts the echo with these wrappers and a client without any.
  void serve(std::vector<handler_wrapper> wrappers, handle_options how = {}) {
    auto what = service_fixture::options();
    what.handler_wrappers = std::move(wrappers);
    server = service_fixture::make("echo", how, what);
    CAF_REQUIRE(server->start());
    outside = std::make_unique<service>("outside", service_fixture::options());
  }

  echo_client client() {
    return echo_client{*outside, "echo"};
  }

  // A call that is answered when the test likes; see the handler's `never`.
  std::future<expected<Text>> begin(std::chrono::nanoseconds deadline) {
    auto result = std::make_shared<std::promise<expected<Text>>>();
    client().never(caller{}, text("x"),
                   [result](expected<Text> x) { result->set_value(std::move(x)); },
                   {.deadline = deadline, .retries = 0});
    return result->get_future();
  }

  void await_kept(int count) {
    while (probe->kept < count)
      std::this_thread::yield();
  }

  // Without the time at its end.
  static std::string timeless(const std::string& line) {
    return line.substr(0, line.rfind(" in "));
  }

  std::mutex mtx;
  strings lines;
  std::unique_ptr<service> server;
  std::unique_ptr<service> outside;
};

// Of Prometheus' text: the value of a line that begins so, or nothing.
std::string value_of(const std::string& page, const std::string& series) {
  auto at = page.find("\n" + series + " ");
  if (at == std::string::npos)
    return "none";
  at += series.size() + 2;
  return page.substr(at, page.find('\n', at) - at);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(shipped_wrapper_tests, fixture)

  CAF_TEST(logging writes a line for each call when it is over) {
    serve({log().handler()});
    auto with_log = service_fixture::options();
    with_log.client_wrappers = {log().client()};
    with_log.call_wrappers = {log().call()};
    service calling{"calling", with_log};
    echo_client echo{calling, "echo"};
    CAF_CHECK(echo.say(text("x")));
    CAF_CHECK(!echo.refuse(text("line\nbreak")));
    server->stop();
    CAF_REQUIRE_EQUAL(lines.size(), 6u);
    CAF_CHECK(lines[0].starts_with("Echo.Say of 127.0.0.1:"));
    CAF_CHECK(lines[0].find(": ok in ") != std::string::npos);
    CAF_CHECK_EQUAL(timeless(lines[1]),
                    "attempt 1 of echo Echo.Say at " + server->address() + ": ok");
    CAF_CHECK_EQUAL(timeless(lines[2]), "call of echo Echo.Say: ok");
    CAF_CHECK(timeless(lines[3]).ends_with(": 400 Bad Request: line break refused"));
    CAF_CHECK_EQUAL(timeless(lines[5]), "call of echo Echo.Refuse: echo: 400 Bad "
                                        "Request: line break refused");
  }

  CAF_TEST(recovery answers what a handler throws and keeps its object) {
    strings reported;
    serve({recovery({.code = 502,
                     .text_bytes = 10,
                     .report = [&](std::string_view endpoint, std::string_view what) {
                       reported.push_back(std::string{endpoint} + " "
                                          + std::string{what});
                     }})});
    CAF_CHECK(client().say(text("x")));
    auto failure = client().throw_(text(std::string(1000, 'x')));
    CAF_REQUIRE(!failure);
    CAF_CHECK_EQUAL(failure.error().code, 502);
    CAF_CHECK_EQUAL(failure.error().detail, "the handler failed: xxxxxxxxxx...");
    // The object that has counted one call is still there.
    auto count = client().count(text(""));
    CAF_REQUIRE(count);
    CAF_CHECK_EQUAL(count->text(), "1");
    server->stop();
    CAF_CHECK_EQUAL(reported, (strings{"Echo.Throw " + std::string(1000, 'x')}));
  }

  CAF_TEST(a rate limit refuses calls beyond it with 429) {
    auto time = std::make_shared<time_point>(time_point{} + 1h);
    rate_limit limit{{.per_second = 1, .burst = 2, .now = [time] { return *time; }}};
    serve({limit.handler()});
    CAF_CHECK(client().say(text("x")));
    CAF_CHECK(client().say(text("x")));
    auto third = client().say(text("x"));
    CAF_REQUIRE(!third);
    CAF_CHECK_EQUAL(third.error().code, 429);
    CAF_CHECK(third.error().detail.find("rate_options::per_second")
              != std::string::npos);
    server->stop();
    // The same bucket, around a client.
    auto what = service_fixture::options();
    what.client_wrappers = {limit.client()};
    service limited{"limited", what};
    auto fourth = echo_client{limited, "echo"}.say(text("x"));
    CAF_REQUIRE(!fourth);
    CAF_CHECK_EQUAL(fourth.error().code, 429);
    *time += 1s;
    auto fifth = echo_client{limited, "echo"}.say(text("x"), {.retries = 0});
    CAF_REQUIRE(!fifth);
    // It was let through: nobody is there any more.
    CAF_CHECK_NOT_EQUAL(fifth.error().code, 429);
  }

  CAF_TEST(a handlers concurrency limit refuses calls beyond its line) {
    concurrency_limit limit{{.calls = 1, .queue = 1}};
    serve({limit.handler()});
    auto first = begin(1500ms);
    await_kept(1);
    // Waits, and is over when its caller's time is.
    auto waiting = begin(300ms);
    auto second = waiting.get();
    CAF_REQUIRE(!second);
    CAF_CHECK(second.error().reason == errc::timeout);
    CAF_CHECK_EQUAL(probe->kept.load(), 1);
  }

  CAF_TEST(a call in a handlers line goes when its turn comes) {
    concurrency_limit limit{{.calls = 1, .queue = 1}};
    for (auto where : {worker, lane}) {
      probe->kept = 0;
      serve({limit.handler()}, {.placement = where});
      auto first = begin(700ms);
      await_kept(1);
      std::promise<expected<Text>> second;
      client().say(caller{}, text("waited"),
                   [&](expected<Text> x) { second.set_value(std::move(x)); });
      std::promise<expected<Text>> third;
      client().say(caller{}, text("refused"),
                   [&](expected<Text> x) { third.set_value(std::move(x)); },
                   {.retries = 0});
      auto refused = third.get_future().get();
      CAF_REQUIRE(!refused);
      CAF_CHECK(refused.error().detail.find("concurrency_options::calls")
                != std::string::npos);
      CAF_CHECK_EQUAL(refused.error().code, 503);
      CAF_CHECK(!first.get());
      auto waited = second.get_future().get();
      CAF_REQUIRE(waited);
      CAF_CHECK_EQUAL(waited->text(), "waited");
      // The place was given back.
      CAF_CHECK(client().say(text("x")));
      server->stop();
    }
  }

  CAF_TEST(a nodes concurrency limit lets attempts wait in order) {
    concurrency_limit limit{{.calls = 1, .queue = 2}};
    attempts_world::make({limit.per_node()});
    for (int i = 0; i < 4; ++i) {
      auto x = call();
      x->address = "h:1";
      x->retries = 0;
      core->begin(x);
    }
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
    // The fourth found no room.
    CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
    CAF_CHECK(outcomes[0].error().reason == errc::overloaded);
    pool->answer(0, answer());
    CAF_CHECK_EQUAL(pool->seen.size(), 2u);
    pool->answer(1, error{errc::connection_lost, "gone"});
    CAF_CHECK_EQUAL(pool->seen.size(), 3u);
    pool->answer(2, answer());
    CAF_CHECK_EQUAL(outcomes.size(), 4u);
    // Another node has places of its own.
    auto other = call();
    other->address = "h:2";
    core->begin(other);
    auto same = call();
    same->address = "h:1";
    core->begin(same);
    CAF_CHECK_EQUAL(pool->seen.size(), 5u);
  }

  CAF_TEST(the circuit of a node sends calls elsewhere) {
    circuit_breaker breaker{{.failures_in_a_row = 2, .now = [this] { return now; }}};
    attempts_world::make({breaker.per_node()});
    auto to = [this](const std::string& address) {
      auto x = call();
      x->address = address;
      x->retries = 0;
      core->begin(x);
      pool->answer(pool->seen.size() - 1, error{errc::connection_lost, "gone"});
    };
    to("h:1");
    to("h:1");
    CAF_CHECK(breaker.state("h:1") == circuit_state::open);
    outcomes.clear();
    auto sent = pool->seen.size();
    // Whichever is tried first, the open one is passed by.
    for (int i = 0; i < 4; ++i) {
      core->begin(call());
      CAF_REQUIRE_EQUAL(pool->seen.size(), ++sent);
      CAF_CHECK_EQUAL(pool->seen.back().to.address, "h:2");
      pool->answer(sent - 1, answer());
    }
    CAF_CHECK_EQUAL(outcomes.size(), 4u);
  }

  CAF_TEST(the circuit of a service fails its calls at once) {
    auto time = std::make_shared<time_point>(time_point{} + 1h);
    circuit_breaker breaker{{.failures_in_a_row = 2, .now = [time] { return *time; }}};
    serve({});
    auto what = service_fixture::options();
    what.client_wrappers = {breaker.per_service()};
    service calling{"calling", what};
    echo_client echo{calling, "echo"};
    auto code_of = [](const expected<Text>& x) { return x ? 200 : x.error().code; };
    for (int i = 0; i < 9; ++i)
      CAF_CHECK_EQUAL(code_of(echo.refuse(text("x"))), 400);
    for (int i = 0; i < 2; ++i)
      CAF_CHECK_EQUAL(code_of(echo.drop(text("x"))), 500);
    auto refused = echo.say(text("x"));
    CAF_REQUIRE(!refused);
    CAF_CHECK_EQUAL(refused.error().code, 503);
    CAF_CHECK(refused.error().detail.find("circuit of echo is open")
              != std::string::npos);
    *time += 5s;
    CAF_CHECK(echo.say(text("x")));
    CAF_CHECK(breaker.state("echo") == circuit_state::closed);
  }

  CAF_TEST(spans of a chain of calls have one trace and their parents) {
    std::vector<span> spans;
    tracing traced{{[&](const span& x) {
      std::lock_guard guard{mtx};
      spans.push_back(x);
    }}};
    auto what = service_fixture::options();
    what.handler_wrappers = {traced.handler()};
    what.client_wrappers = {traced.client()};
    auto back = service_fixture::make("echo", {}, what);
    auto middle = service_fixture::make("middle", {}, what);
    CAF_REQUIRE(back->start());
    CAF_REQUIRE(middle->start());
    service calling{"calling", what};
    CAF_CHECK(echo_client(calling, "middle").relay(text("echo")));
    back->stop();
    middle->stop();
    CAF_REQUIRE_EQUAL(spans.size(), 4u);
    auto find = [&](span_kind kind, std::string_view endpoint) -> const span& {
      for (const auto& x : spans)
        if (x.kind == kind && x.endpoint == endpoint)
          return x;
      CAF_ERROR("no span of " + std::string{endpoint});
      return spans.front();
    };
    const auto& one = find(span_kind::client, "Echo.Relay");
    const auto& two = find(span_kind::server, "Echo.Relay");
    const auto& three = find(span_kind::client, "Echo.Say");
    const auto& four = find(span_kind::server, "Echo.Say");
    CAF_CHECK(one.parent == (std::array<uint8_t, 8>{}));
    CAF_CHECK(two.parent == one.context.span_id);
    CAF_CHECK(three.parent == two.context.span_id);
    CAF_CHECK(four.parent == three.context.span_id);
    for (const auto& x : spans)
      CAF_CHECK(x.context.trace_id == one.context.trace_id);
    CAF_CHECK(one.duration >= two.duration);
    CAF_CHECK_EQUAL(four.service, "echo");
  }

  CAF_TEST(traces of others are joined and those that are not sampled stay so) {
    int seen = 0;
    tracing traced{{[&](const span&) { ++seen; }}};
    serve({traced.handler()});
    metadata fields{
        {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}};
    CAF_CHECK(client().say(text("x"), {.headers = fields}));
    // Go Micro's programs say no more than this.
    metadata micro{{"Micro-Trace-Id", "1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52"},
                   {"Micro-Span-Id", "2c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52"}};
    CAF_CHECK(client().say(text("x"), {.headers = micro}));
    server->stop();
    CAF_CHECK_EQUAL(seen, 1);
  }

  CAF_TEST(what the client sends names the trace for all readers) {
    serve({});
    tracing traced;
    auto what = service_fixture::options();
    what.client_wrappers = {traced.client()};
    service calling{"calling", what};
    metadata fields{
        {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"tracestate", "vendor=1"}};
    auto sent = [&](std::string name) {
      return echo_client{calling, "echo"}
          .field(text(name), {.headers = fields})
          ->text();
    };
    CAF_CHECK(sent("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    CAF_CHECK(sent("traceparent").find("00f067aa0ba902b7") == std::string::npos);
    CAF_CHECK_EQUAL(sent("tracestate"), "vendor=1");
    CAF_CHECK_EQUAL(sent("micro-trace-id"), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
    CAF_CHECK_EQUAL(sent("micro-parent-id"), "00f067aa0ba902b7");
    CAF_CHECK_EQUAL(sent("micro-span-id").size(), 16u);
  }

  CAF_TEST(metrics count calls by endpoint and status under go micros names) {
    if (!metrics::available())
      return;
    auto numbers = std::make_shared<metrics>();
    auto what = service_fixture::options();
    what.metrics = numbers;
    what.version = "1.2";
    server = service_fixture::make("echo", {}, what);
    CAF_REQUIRE(server->start());
    echo_client echo{*server, "echo"};
    CAF_CHECK(echo.say(text("x")));
    CAF_CHECK(echo.say(text("x")));
    CAF_CHECK(!echo.refuse(text("x")));
    server->stop();
    auto page = "\n" + numbers->text();
    auto label = [&](std::string endpoint, std::string more = "") {
      return "{micro_endpoint=\"" + endpoint + "\",micro_id=\"" + server->node_id()
             + "\",micro_name=\"echo\"," + more + "micro_version=\"1.2\"}";
    };
    CAF_CHECK_EQUAL(
        value_of(page, "micro_request_total"
                           + label("Echo.Say", "micro_status=\"success\",")),
        "2");
    CAF_CHECK_EQUAL(
        value_of(page, "micro_request_total"
                           + label("Echo.Refuse", "micro_status=\"failure\",")),
        "1");
    CAF_CHECK_EQUAL(
        value_of(page, "micro_request_total"
                           + label("echo.Echo.Say", "micro_status=\"success\",")),
        "2");
    CAF_CHECK_EQUAL(
        value_of(page, "micro_request_duration_seconds_count" + label("Echo.Say")),
        "2");
    CAF_CHECK_EQUAL(
        value_of(page, "micro_latency_microseconds_count" + label("Echo.Refuse")), "1");
    CAF_CHECK_EQUAL(value_of(page, "mica_requests_in_flight" + label("Echo.Say")), "0");
    CAF_CHECK_EQUAL(
        value_of(page, "mica_attempts_total"
                           + label("echo.Echo.Say", "micro_status=\"success\",")),
        "2");
  }

  CAF_TEST(endpoints beyond the bound are counted as one) {
    if (!metrics::available())
      return;
    metrics numbers{{.endpoints = 1}};
    serve({numbers.handler()});
    CAF_CHECK(client().say(text("x")));
    CAF_CHECK(client().count(text("x")));
    CAF_CHECK(client().field(text("x")));
    server->stop();
    auto page = "\n" + numbers.text();
    CAF_CHECK_EQUAL(value_of(page, "micro_request_total{micro_endpoint=\"other\",micro_"
                                   "status=\"success\"}"),
                    "2");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
