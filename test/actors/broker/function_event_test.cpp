#define CAF_SUITE function_event

#include "event_fixture.hpp"

#include "mica/actors/function.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

subscribe_options quick() {
  return {.queue = "workers", .deliveries = 3, .backoff = 1ms, .dead_letter = "dead"};
}

struct fixture : event_fixture {
  fixture() : sender("sender", options()) {
    // nop
  }

  // A function that writes down what it gets, and fails as the message says.
  std::unique_ptr<function> start(subscribe_options how = quick()) {
    auto result = std::make_unique<function>("once", options());
    result->subscribe<Event>(
        "events",
        [to = log](event_context& x, const Event& event) -> expected<void> {
          to->add(event.message() + '#' + std::to_string(x.attempt()));
          if (event.message() == "refuse")
            return error{409, "refused"};
          if (event.message() == "later" && x.attempt() < 2)
            return error{503, "not yet"};
          return {};
        },
        std::move(how));
    if (auto ok = result->start(); !ok)
      CAF_FAIL(to_string(ok.error()));
    return result;
  }

  // As `run`, which ends with the process.
  static std::future<std::optional<error>> wait(function& one) {
    return std::async(std::launch::async, [&one] {
      auto result = one.wait();
      one.stop();
      return result;
    });
  }

  void publish(const std::string& message) {
    auto ok = publisher{sender, "events"}.publish(make_test_event(message));
    if (!ok)
      CAF_FAIL(to_string(ok.error()));
  }

  // Another one of the queue.
  std::unique_ptr<service> follow(std::shared_ptr<event_log> to) {
    auto result = std::make_unique<service>("next", options());
    result->subscribe<Event>(
        "events",
        [to](event_context&, const Event& event) { to->add(event.message()); },
        {.queue = "workers"});
    CAF_REQUIRE(result->start());
    return result;
  }

  service sender;
  std::shared_ptr<event_log> rest = std::make_shared<event_log>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(function_event_tests, fixture)

  CAF_TEST(a function serves one event and is gone) {
    for (auto where : {worker, lane, mica::thread}) {
      auto how = quick();
      how.placement = where;
      auto one = start(how);
      auto over = wait(*one);
      publish("first");
      auto outcome = over.get();
      CAF_REQUIRE(outcome);
      CAF_CHECK(!*outcome);
      // Acknowledged, and what comes now is not for it.
      auto next = follow(rest);
      publish("second");
      CAF_REQUIRE(rest->wait_for(1));
      CAF_CHECK(rest->items() == strings{"second"});
      CAF_CHECK(log->items().back() == "first#1");
      rest = std::make_shared<event_log>();
    }
    CAF_CHECK_EQUAL(log->items().size(), 3u);
  }

  CAF_TEST(of a thousand events a function handles one and others of its queue the rest) {
    constexpr size_t events = 1000;
    constexpr size_t functions = 3;
    constexpr size_t publishers = 4;
    auto next = follow(rest);
    std::vector<std::unique_ptr<function>> all;
    std::vector<std::future<std::optional<error>>> over;
    for (size_t i = 0; i < functions; ++i) {
      all.push_back(start());
      over.push_back(wait(*all.back()));
    }
    std::vector<std::thread> racing;
    for (size_t i = 0; i < publishers; ++i)
      racing.emplace_back([this, i] {
        for (size_t j = i; j < events; j += publishers)
          publisher{sender, "events"}.post(make_test_event(std::to_string(j)));
      });
    for (auto& x : racing)
      x.join();
    for (auto& x : over) {
      auto outcome = x.get();
      CAF_CHECK(outcome && !*outcome);
    }
    CAF_CHECK_EQUAL(log->items().size(), functions);
    CAF_CHECK(rest->wait_for(events - functions));
    std::set<std::string> seen;
    for (const auto& x : rest->items())
      seen.insert(x);
    for (const auto& x : log->items())
      seen.insert(x.substr(0, x.find('#')));
    CAF_CHECK_EQUAL(seen.size(), events);
    CAF_CHECK_EQUAL(rest->items().size(), events - functions);
  }

  CAF_TEST(an event that a function fails is delivered again to it and no other) {
    auto one = start();
    auto over = wait(*one);
    publish("later");
    auto outcome = over.get();
    CAF_REQUIRE(outcome);
    CAF_CHECK(!*outcome);
    CAF_CHECK(log->items() == strings({"later#1", "later#2"}));
  }

  CAF_TEST(a function fails with the last delivery of its event) {
    auto one = start();
    auto over = wait(*one);
    publish("refuse");
    auto outcome = over.get();
    CAF_REQUIRE(outcome && *outcome);
    CAF_CHECK_EQUAL(outcome->code, 409);
    CAF_CHECK(log->items() == strings({"refuse#1", "refuse#2", "refuse#3"}));
  }

  CAF_TEST(an event that can not be decoded does not use a function up) {
    auto one = start();
    auto over = wait(*one);
    auto ok = publisher{sender, "events"}.publish_bytes(
        "{", {.content_type = "application/json"});
    CAF_REQUIRE(ok);
    publish("good");
    auto outcome = over.get();
    CAF_REQUIRE(outcome);
    CAF_CHECK(!*outcome);
    CAF_CHECK(log->items() == strings{"good#1"});
  }

  CAF_TEST(a function that stops before its event is over gives it back and fails) {
    auto how = quick();
    how.backoff = 1h;
    how.max_backoff = 1h;
    auto one = start(how);
    publish("refuse");
    CAF_REQUIRE(log->wait_for(1));
    one->stop();
    auto outcome = one->outcome();
    CAF_REQUIRE(outcome && *outcome);
    CAF_CHECK(outcome->reason == errc::unavailable);
    auto next = follow(rest);
    CAF_REQUIRE(rest->wait_for(1));
    CAF_CHECK(rest->items() == strings{"refuse"});
  }

  CAF_TEST_FIXTURE_SCOPE_END()
