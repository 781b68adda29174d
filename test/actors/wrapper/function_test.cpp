#define CAF_SUITE function

#include "function/one_shot.hpp"
#include "service_fixture.hpp"

#include "mica/actors/function.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

struct fixture : service_fixture {
  ~fixture() {
    once.reset();
  }

  void start(handle_options how = {}) {
    once = std::make_unique<function>("once", options());
    once->handle<echo>(how, probe, once.get());
    CAF_REQUIRE(once->start());
  }

  // As `run`, which ends with the process.
  std::future<std::optional<error>> wait() {
    return std::async(std::launch::async, [this] {
      auto result = once->wait();
      once->stop();
      return result;
    });
  }

  service outside{"outside", options()};
  std::unique_ptr<function> once;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(function_tests, fixture)

  CAF_TEST(one of many takes the use) {
    detail::one_shot use;
    std::atomic<int> took{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] { took += use.take(); });
    for (auto& x : threads)
      x.join();
    CAF_CHECK_EQUAL(took.load(), 1);
    CAF_CHECK(use.taken());
    CAF_CHECK(!use.outcome());
    use.finish({errc::conflict, "first"});
    use.finish({});
    auto outcome = use.outcome();
    CAF_REQUIRE(outcome);
    CAF_CHECK_EQUAL(outcome->detail, "first");
  }

  CAF_TEST(a function answers one call and is gone) {
    for (auto where : {worker, lane, mica::thread}) {
      start({.placement = where});
      auto over = wait();
      auto answer = echo_client{outside, "once"}.say(text("x"));
      CAF_REQUIRE(answer);
      CAF_CHECK_EQUAL(answer->text(), "x");
      auto how = over.get();
      CAF_REQUIRE(how);
      CAF_CHECK(!*how);
      // It is in the registry no more, and at its address nobody is.
      auto again = echo_client{outside, "once"}.say(text("x"));
      CAF_REQUIRE(!again);
      CAF_CHECK(again.error().code == 404 || again.error().code == 503);
      auto direct =
          echo_client{outside, "once"}.say(text("x"), {.address = once->address()});
      CAF_REQUIRE(!direct);
      CAF_CHECK(direct.error().reason == errc::connection_failed);
    }
  }

  CAF_TEST(of a thousand racing callers one is answered and all others know why) {
    for (auto where : {worker, lane}) {
      start({.placement = where});
      auto over = wait();
      constexpr int callers = 1000;
      std::mutex mtx;
      std::vector<error> failures;
      int answers = 0;
      std::promise<void> done;
      for (int i = 0; i < callers; ++i)
        echo_client{outside, "once"}.say(
            caller{}, text("x"),
            [&](expected<Text> x) {
              std::lock_guard guard{mtx};
              if (x)
                ++answers;
              else
                failures.push_back(x.error());
              if (answers + static_cast<int>(failures.size()) == callers)
                done.set_value();
            },
            {.deadline = 60s});
      done.get_future().get();
      CAF_CHECK_EQUAL(answers, 1);
      for (const auto& x : failures) {
        auto text = to_string(x);
        auto clear = x.code == 503 || x.code == 404;
        auto named = text.find("has been used") != std::string::npos
                     || x.reason == errc::connection_failed
                     || x.reason == errc::none_available
                     || x.reason == errc::service_not_found
                     || text.find("refused") != std::string::npos;
        if (!clear || !named)
          CAF_FAIL("unclear: " + text);
      }
      auto how = over.get();
      CAF_CHECK(how && !*how);
    }
  }

  CAF_TEST(others are refused while the one call is under way) {
    start();
    auto over = wait();
    std::promise<expected<Text>> first;
    echo_client{outside, "once"}.never(
        caller{}, text("x"), [&](expected<Text> x) { first.set_value(std::move(x)); },
        {.deadline = 1s, .retries = 0});
    while (probe->kept == 0)
      std::this_thread::yield();
    auto second = echo_client{outside, "once"}.say(
        text("x"), {.retries = 0, .address = once->address()});
    CAF_REQUIRE(!second);
    CAF_CHECK_EQUAL(second.error().code, 503);
    CAF_CHECK_EQUAL(second.error().detail,
                    "the function once has been used: it serves one call or event");
    CAF_CHECK(!first.get_future().get());
    auto how = over.get();
    CAF_REQUIRE(how);
    CAF_CHECK(how->reason == errc::timeout);
  }

  CAF_TEST(a function that fails says so) {
    start();
    auto over = wait();
    auto answer = echo_client{outside, "once"}.refuse(text("x"), {.retries = 0});
    CAF_REQUIRE(!answer);
    CAF_CHECK_EQUAL(answer.error().code, 400);
    auto how = over.get();
    CAF_REQUIRE(how);
    CAF_CHECK_EQUAL(how->code, 400);
  }

  CAF_TEST(a handler that throws has used its function) {
    start();
    auto over = wait();
    CAF_CHECK(!echo_client(outside, "once").throw_(text("oops"), {.retries = 0}));
    auto how = over.get();
    CAF_REQUIRE(how);
    CAF_CHECK_EQUAL(how->code, 500);
    CAF_CHECK(how->detail.find("oops") != std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
