#define CAF_SUITE service

#include "service_fixture.hpp"

#include <caf/scoped_actor.hpp>

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <future>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

struct fixture : service_fixture {
  fixture() {
    auto what = options();
    what.address.clear();
    caller = std::make_unique<service>("caller", what);
  }

  // A started service "echo" whose handler runs at `where`.
  void serve(placement where) {
    server = make("echo", {.placement = where});
    CAF_REQUIRE(server->start());
  }

  std::unique_ptr<service> server;
  std::unique_ptr<service> caller;
};

// The answer's text, or the error in brackets.
std::string said(const expected<Text>& x) {
  return x ? x->text() : "[" + to_string(x.error()) + "]";
}

std::string reason_of(const expected<Text>& x) {
  return x ? "none" : std::string{to_string(x.error().reason)};
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(service_tests, fixture)

  CAF_TEST(a call is answered wherever its handler runs) {
    for (auto where : {worker, lane, mica::thread}) {
      serve(where);
      echo_client client{*caller, "echo"};
      auto response = client.say(text("hello"));
      CAF_REQUIRE(response);
      CAF_CHECK_EQUAL(response->text(), "hello");
      server->stop();
      server.reset();
    }
  }

  CAF_TEST(an error of the handler arrives as it was made) {
    serve(worker);
    auto response = echo_client{*caller, "echo"}.refuse(text("name"));
    CAF_REQUIRE(!response);
    CAF_CHECK_EQUAL(response.error().code, 400);
    CAF_CHECK_EQUAL(response.error().detail, "name refused");
    CAF_CHECK_EQUAL(response.error().id, "echo");
    CAF_CHECK_EQUAL(response.error().status, "Bad Request");
  }

  CAF_TEST(a handler that throws costs its own call and is replaced) {
    for (auto where : {worker, lane, mica::thread}) {
      serve(where);
      probe->objects = 1;
      echo_client client{*caller, "echo"};
      CAF_REQUIRE(client.say(text("x")));
      auto response = client.throw_(text("broken"));
      CAF_REQUIRE(!response);
      CAF_CHECK_EQUAL(response.error().code, 500);
      CAF_CHECK(response.error().detail.find("broken") != std::string::npos);
      CAF_CHECK_EQUAL(probe->objects.load(), 2);
      auto count = client.count(text(""));
      CAF_REQUIRE(count);
      CAF_CHECK_EQUAL(count->text(), "0");
      server->stop();
      server.reset();
    }
  }

  CAF_TEST(calls in flight survive the throw of another one) {
    serve(worker);
    echo_client client{*caller, "echo"};
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    std::vector<std::future<void>> callers;
    for (int i = 0; i < 8; ++i)
      callers.push_back(std::async(std::launch::async, [&, i] {
        for (int n = 0; n < 25; ++n)
          if (i == 0 && n % 5 == 0)
            bad += client.throw_(text("x")) ? 0 : 1;
          else
            good += client.say(text("x")) ? 1 : 0;
      }));
    for (auto& x : callers)
      x.get();
    CAF_CHECK_EQUAL(bad.load(), 5);
    CAF_CHECK_EQUAL(good.load(), 195);
  }

  CAF_TEST(an answer may come later and from another thread) {
    for (auto where : {worker, lane}) {
      serve(where);
      auto response = echo_client{*caller, "echo"}.later(text("late"));
      CAF_REQUIRE(response);
      CAF_CHECK_EQUAL(response->text(), "late");
      server->stop();
      server.reset();
    }
  }

  CAF_TEST(a dropped promise is an error at once) {
    serve(worker);
    auto response = echo_client{*caller, "echo"}.drop(text("x"));
    CAF_REQUIRE(!response);
    CAF_CHECK_EQUAL(response.error().code, 500);
    CAF_CHECK(response.error().detail.find("without an answer") != std::string::npos);
  }

  CAF_TEST(a call that is never answered ends at its deadline and is cancelled) {
    serve(worker);
    auto response = echo_client{*caller, "echo"}.never(text("x"), {.deadline = 100ms});
    CAF_CHECK_EQUAL(reason_of(response), "timeout");
    auto limit = std::chrono::steady_clock::now() + 10s;
    while (probe->cancelled == 0 && std::chrono::steady_clock::now() < limit)
      std::this_thread::yield();
    CAF_CHECK_EQUAL(probe->cancelled.load(), 1);
  }

  CAF_TEST(a handler goes with its service although it keeps open calls) {
    for (auto where : {worker, lane, placement::thread}) {
      serve(where);
      auto before = probe->destroyed.load();
      auto response = echo_client{*caller, "echo"}.never(text("x"), {.deadline = 50ms});
      CAF_CHECK_EQUAL(reason_of(response), "timeout");
      server.reset();
      CAF_CHECK_EQUAL(probe->destroyed.load(), before + 1);
    }
  }

  CAF_TEST(a handler calls another service without blocking) {
    for (auto where : {worker, lane}) {
      serve(where);
      auto response = echo_client{*caller, "echo"}.relay(text("echo"));
      CAF_REQUIRE(response);
      CAF_CHECK_EQUAL(response->text(), "relayed");
      server->stop();
      server.reset();
    }
  }

  CAF_TEST(what a handler called is given up when its own caller has gone) {
    serve(worker);
    auto other = make("other");
    CAF_REQUIRE(other->start());
    {
      service impatient{"impatient", options()};
      // Gone long before the deadline that both calls have.
      echo_client{impatient, "echo"}.relay_never(mica::caller{}, text("other"),
                                                 [](expected<Text>) {
                                                   // nop
                                                 },
                                                 {.deadline = 60s});
      auto limit = std::chrono::steady_clock::now() + 10s;
      while (probe->kept == 0 && std::chrono::steady_clock::now() < limit)
        std::this_thread::yield();
      CAF_REQUIRE(probe->kept == 1);
    }
    auto limit = std::chrono::steady_clock::now() + 10s;
    while (probe->last_failure == errc::none
           && std::chrono::steady_clock::now() < limit)
      std::this_thread::yield();
    CAF_CHECK(probe->last_failure == errc::cancelled);
  }

  CAF_TEST(a blocking call within a handler is refused except on a thread of its own) {
    serve(worker);
    CAF_CHECK_EQUAL(said(echo_client(*caller, "echo").block(text("echo"))),
                    "would_block");
    server->stop();
    server.reset();
    serve(lane);
    CAF_CHECK_EQUAL(said(echo_client(*caller, "echo").block(text("echo"))),
                    "would_block");
    auto other = make("other", {.placement = mica::thread});
    CAF_REQUIRE(other->start());
    CAF_CHECK_EQUAL(said(echo_client(*caller, "other").block(text("echo"))), "blocked");
  }

  CAF_TEST(metadata travels and deadlines shrink) {
    serve(worker);
    echo_client client{*caller, "echo"};
    call_options options;
    options.headers.set("X-Custom-Key", "a value");
    CAF_CHECK_EQUAL(said(client.field(text("x-custom-key"), options)), "a value");
    CAF_CHECK_EQUAL(said(client.field(text("micro-from-service"))), "caller");
    auto left = std::stol(said(client.left(text(""), {.deadline = 2s})));
    CAF_CHECK(left <= 2000);
    CAF_CHECK(left > 1000);
  }

  CAF_TEST(an unknown service is an error that names it) {
    auto response = echo_client{*caller, "nobody"}.say(text("x"));
    CAF_CHECK_EQUAL(reason_of(response), "service_not_found");
    CAF_CHECK(response.error().detail.find("nobody") != std::string::npos);
  }

  CAF_TEST(calls to a known service go on while the registry is away) {
    serve(worker);
    echo_client client{*caller, "echo"};
    CAF_REQUIRE(client.say(text("x")));
    caf::anon_send_exit(registry(), caf::exit_reason::kill);
    for (int i = 0; i < 20; ++i)
      CAF_CHECK_EQUAL(said(client.say(text("x"))), "x");
  }

  CAF_TEST(a node that is not there costs a retry and no call) {
    serve(worker);
    detail::runtime home{1};
    caf::scoped_actor self{home.system()};
    // Nobody listens on port 1 of this host.
    discovery::service_record dead;
    dead.name = "echo";
    dead.version = "latest";
    dead.nodes.push_back({"echo-dead", "127.0.0.1:1", {{"protocol", "mucp"}}});
    bool registered = false;
    self->request(registry(), 10s, discovery::register_atom::value, dead,
                  caf::timespan{60s})
        .receive([&](caf::ok_atom) { registered = true; }, [](caf::error&) {});
    CAF_REQUIRE(registered);
    echo_client client{*caller, "echo"};
    for (int i = 0; i < 30; ++i)
      CAF_CHECK_EQUAL(said(client.say(text("x"))), "x");
  }

  CAF_TEST(a call that fails everywhere names the nodes that were tried) {
    auto response =
        echo_client{*caller, "echo"}.say(text("x"), {.address = "127.0.0.1:1"});
    CAF_CHECK_EQUAL(reason_of(response), "connection_failed");
    CAF_CHECK(response.error().detail.find("127.0.0.1:1") != std::string::npos);
  }

  CAF_TEST(a call through a stopped service fails at once) {
    serve(worker);
    echo_client client{*caller, "echo"};
    CAF_REQUIRE(client.say(text("x")));
    caller->stop();
    CAF_CHECK_EQUAL(reason_of(client.say(text("x"))), "unavailable");
  }

  CAF_TEST(two services in one process do not mix) {
    auto one = make("one");
    auto two = make("two");
    CAF_REQUIRE(one->start());
    CAF_REQUIRE(two->start());
    CAF_CHECK(one->address() != two->address());
    CAF_CHECK(echo_client(*caller, "one").say(text("x")));
    CAF_CHECK(echo_client(*caller, "two").say(text("x")));
    one->stop();
    CAF_CHECK(!echo_client(*caller, "one").say(text("x"), {.deadline = 500ms}));
    CAF_CHECK(echo_client(*caller, "two").say(text("x")));
  }

  CAF_TEST(every call accepted before a stop is answered) {
    serve(worker);
    echo_client client{*caller, "echo"};
    std::atomic<bool> stopping{false};
    std::atomic<int> answered{0};
    std::atomic<int> lost{0};
    std::vector<std::future<void>> callers;
    for (int i = 0; i < 8; ++i)
      callers.push_back(std::async(std::launch::async, [&] {
        for (;;) {
          auto before = stopping.load();
          auto response = client.say(text("x"), {.retry = retry_rule::never});
          if (response)
            ++answered;
          // Made before the stop: either answered or never accepted.
          else if (response.error().reason == errc::connection_lost)
            ++lost;
          if (before)
            return;
        }
      }));
    while (answered < 200)
      std::this_thread::yield();
    server->stop();
    stopping = true;
    for (auto& x : callers)
      x.get();
    CAF_CHECK_EQUAL(lost.load(), 0);
  }

  CAF_TEST(calls beyond the bound of a handler are refused and say so) {
    server = make("echo", {.placement = worker, .waiting_calls = 0});
    CAF_REQUIRE(server->start());
    auto response =
        echo_client{*caller, "echo"}.say(text("x"), {.retry = retry_rule::never});
    CAF_REQUIRE(!response);
    CAF_CHECK_EQUAL(response.error().code, 503);
    CAF_CHECK(response.error().detail.find("waiting_calls") != std::string::npos);
  }

  CAF_TEST(a service starts once and stops any number of times) {
    serve(worker);
    CAF_CHECK(!server->start());
    server->stop();
    server->stop();
  }

  CAF_TEST(an address that can not be bound is an error that names it) {
    auto what = options();
    what.address = "127.0.0.1:99999";
    auto broken = make("broken", {}, what);
    auto ok = broken->start();
    CAF_REQUIRE(!ok);
    CAF_CHECK(ok.error().detail.find("99999") != std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
