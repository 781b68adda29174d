#define CAF_SUITE subscriber

#include "event_fixture.hpp"

#include "mica/actors/brokers.hpp"
#include "runtime/broker_choice.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

// Writes down what it gets; fails as the message says.
struct audit : subscriber<Event> {
  explicit audit(std::shared_ptr<event_log> to) : log(std::move(to)) {
    // nop
  }

  expected<void> on_event(event_context& context, const Event& event) override {
    ++seen;
    log->add(event.message() + '#' + std::to_string(context.attempt()) + '@'
             + std::to_string(seen));
    if (event.message() == "refuse")
      return error{errc::internal, "refused"};
    if (event.message() == "throw")
      throw std::runtime_error{"thrown"};
    return {};
  }

  std::shared_ptr<event_log> log;
  int seen = 0;
};

struct fixture : event_fixture {
  fixture() : receiver("receiver", options()), sender("sender", options()) {
    // nop
  }

  void start() {
    auto ok = receiver.start();
    if (!ok)
      CAF_FAIL(to_string(ok.error()));
  }

  void publish(const std::string& message, const std::string& topic = "events",
               const publish_options& options = {}) {
    auto ok = publisher{sender, topic}.publish(make_test_event(message), options);
    if (!ok)
      CAF_FAIL(to_string(ok.error()));
  }

  // Writes the dead letters of topic `dead` to the log.
  void bury() {
    receiver.subscribe<raw_event>(
        "dead", [to = log](event_context& x, const raw_event&) {
          to->add("dead " + std::string{x.headers().get_or("Mica-Original-Topic", "")}
                  + ' ' + std::string{x.headers().get_or("Mica-Attempts", "")} + ' '
                  + std::string{x.headers().get_or("Mica-Error", "")});
        });
  }

  service receiver;
  service sender;
};

constexpr auto quick = 1ms;

} // namespace

CAF_TEST_FIXTURE_SCOPE(subscriber_tests, fixture)

  CAF_TEST(a subscriber gets what is published wherever it runs) {
    for (auto where : {worker, lane, mica::thread}) {
      service one{"one", options()};
      one.subscribe<audit>("events", {.placement = where}, log);
      CAF_REQUIRE(one.start());
      auto before = log->items().size();
      publish("hello");
      CAF_REQUIRE(log->wait_for(before + 1));
      CAF_CHECK(log->items().back() == "hello#1@1");
    }
  }

  CAF_TEST(a function can subscribe) {
    receiver.subscribe<Event>("events",
                              [to = log](event_context& x, const Event& event) {
                                to->add(std::string{x.topic()} + ' ' + event.message());
                              });
    start();
    publish("hello");
    CAF_REQUIRE(log->wait_for(1));
    CAF_CHECK(log->items() == strings{"events hello"});
  }

  CAF_TEST(the content type decides the codec) {
    receiver.subscribe<Event>(
        "events", [to = log](event_context& x, const Event& event) {
          to->add(std::string{x.content_type()} + ' ' + event.message());
        });
    start();
    for (const auto* type : {"application/protobuf", "application/json",
                             "application/grpc+proto", "application/grpc+json"})
      publish("hello", "events", {.content_type = type});
    CAF_REQUIRE(log->wait_for(4));
    CAF_CHECK(
        log->items()
        == strings({"application/protobuf hello", "application/json hello",
                    "application/grpc+proto hello", "application/grpc+json hello"}));
  }

  CAF_TEST(bytes arrive as they are with the fields of Go Micro) {
    receiver.subscribe<raw_event>(
        "events", [to = log](event_context& x, const raw_event&) {
          to->add(std::string{x.body()});
          for (const auto* name :
               {"Content-Type", "Micro-Topic", "Micro-From-Service", "X-Mine"})
            to->add(std::string{x.headers().get_or(name, "")});
        });
    start();
    CAF_REQUIRE(
        publisher(sender, "events")
            .publish_bytes(std::string("\0\xff", 2), {.headers = {{"X-Mine", "1"}}}));
    CAF_REQUIRE(log->wait_for(5));
    CAF_CHECK(log->items()
              == strings({std::string("\0\xff", 2), "application/octet-stream",
                          "events", "sender", "1"}));
  }

  CAF_TEST(what fails comes again until its deliveries are used up) {
    receiver.subscribe<audit>(
        "events", {.deliveries = 3, .backoff = quick, .dead_letter = "dead"}, log);
    bury();
    start();
    publish("refuse");
    CAF_REQUIRE(log->wait_for(4));
    CAF_CHECK(
        log->items()
        == strings({"refuse#1@1", "refuse#2@2", "refuse#3@3",
                    "dead events 3 receiver: 500 Internal Server Error: refused"}));
  }

  CAF_TEST(one that throws is replaced and its event comes again) {
    receiver.subscribe<audit>("events", {.deliveries = 2, .backoff = quick}, log);
    start();
    publish("fine");
    publish("throw");
    CAF_REQUIRE(log->wait_for(3));
    publish("fine");
    CAF_REQUIRE(log->wait_for(4));
    // The numbers behind the @ start anew with each object.
    CAF_CHECK(log->items()
              == strings({"fine#1@1", "throw#1@2", "throw#2@1", "fine#1@1"}));
  }

  CAF_TEST(what can not be decoded is set aside at once) {
    receiver.subscribe<audit>("events", {.backoff = 1h, .dead_letter = "dead"}, log);
    bury();
    start();
    publisher to{sender, "events"};
    CAF_REQUIRE(to.publish_bytes("\xff\xff", {.content_type = "application/protobuf"}));
    CAF_REQUIRE(to.publish_bytes("{", {.content_type = "application/json"}));
    CAF_REQUIRE(to.publish_bytes("x", {.content_type = "application/x-unknown"}));
    CAF_REQUIRE(to.publish_bytes("\1zzzz", {.content_type = "application/grpc"}));
    publish("fine");
    CAF_REQUIRE(log->wait_for(5));
    size_t dead = 0;
    for (const auto& x : log->items())
      dead += x.starts_with("dead events 1 ") ? 1 : 0;
    CAF_CHECK_EQUAL(dead, 4u);
  }

  CAF_TEST(a verdict can come later and from another thread) {
    receiver.subscribe<Event>(
        "events",
        [to = log](event_context& x, const Event&) {
          to->add("attempt " + std::to_string(x.attempt()));
          x.on_done([to](const error& why) { to->add(why ? why.detail : "acked"); });
          std::thread{[how = x.defer(), again = x.attempt() == 1] {
            if (again)
              how.nack(error{errc::internal, "not yet"});
            else
              how.ack();
          }}.detach();
        },
        {.backoff = quick});
    start();
    publish("hello");
    CAF_REQUIRE(log->wait_for(4));
    CAF_CHECK(log->items() == strings({"attempt 1", "not yet", "attempt 2", "acked"}));
  }

  CAF_TEST(a dropped verdict is a nack) {
    receiver.subscribe<Event>("events",
                              [to = log](event_context& x, const Event&) {
                                to->add(std::to_string(x.attempt()));
                                if (x.attempt() == 1)
                                  x.defer();
                              },
                              {.backoff = quick});
    start();
    publish("hello");
    CAF_REQUIRE(log->wait_for(2));
    CAF_CHECK(log->items() == strings({"1", "2"}));
  }

  CAF_TEST(wrappers run in the order of their list and may refuse) {
    auto what = options();
    auto wrapper = [this](std::string name) -> subscriber_wrapper {
      return [to = log, name](subscriber_function next) -> subscriber_function {
        return [=](event_context& x, const google::protobuf::Message& message) {
          to->add(name + " in");
          auto result = next(x, message);
          to->add(name + (result ? " out" : " failed"));
          return result;
        };
      };
    };
    what.subscriber_wrappers = {wrapper("outer"), wrapper("inner")};
    service wrapped{"wrapped", what};
    wrapped.subscribe<audit>("events", {.deliveries = 1}, log);
    CAF_REQUIRE(wrapped.start());
    publish("refuse");
    CAF_REQUIRE(log->wait_for(5));
    CAF_CHECK(log->items()
              == strings({"outer in", "inner in", "refuse#1@1", "inner failed",
                          "outer failed"}));
  }

  CAF_TEST(no more than the prefetch is with a subscriber at once) {
    std::vector<settlement> kept;
    std::mutex mtx;
    receiver.subscribe<Event>("events",
                              [&, to = log](event_context& x, const Event& event) {
                                std::lock_guard guard{mtx};
                                kept.push_back(x.defer());
                                to->add(event.message());
                              },
                              {.prefetch = 2});
    start();
    for (const auto* x : {"1", "2", "3"})
      publish(x);
    CAF_REQUIRE(log->wait_for(2));
    {
      std::lock_guard guard{mtx};
      CAF_CHECK_EQUAL(kept.size(), 2u);
      kept.front().ack();
    }
    CAF_REQUIRE(log->wait_for(3));
    CAF_CHECK(log->items() == strings({"1", "2", "3"}));
  }

  CAF_TEST(a subscriber publishes with the trace of its event) {
    receiver.subscribe<Event>("events", [this](event_context& x, const Event& event) {
      publisher{receiver, "answers"}.publish(
          x, event, [to = log](expected<void> outcome) {
            to->add(outcome ? "published" : to_string(outcome.error()));
          });
      // Blocking has no place here.
      auto blocked = publisher{receiver, "answers"}.publish(event);
      log->add(std::string{to_string(blocked.error().reason)});
    });
    receiver.subscribe<Event>("answers", [to = log](event_context& x, const Event&) {
      to->add("traced by " + std::string{x.headers().get_or("traceparent", "nobody")});
    });
    start();
    publish("hello", "events", {.headers = {{"traceparent", "00-1-2-01"}}});
    CAF_REQUIRE(log->wait_for(3));
    auto items = log->items();
    std::sort(items.begin(), items.end());
    CAF_CHECK(items == strings({"published", "traced by 00-1-2-01", "would_block"}));
  }

  CAF_TEST(a publish by an actor that nobody serves is told its failure) {
    // No subscriber is no failure, a topic that can't be is one.
    publisher nowhere{sender, ""};
    auto outcome = nowhere.publish(make_test_event("x"));
    CAF_REQUIRE(!outcome);
    CAF_CHECK(outcome.error().reason == errc::invalid_argument);
    nowhere.publish(caller{}, make_test_event("x"), [to = log](expected<void> x) {
      to->add(std::string{to_string(x.error().reason)});
    });
    CAF_REQUIRE(log->wait_for(1));
    CAF_CHECK(log->items() == strings{"invalid_argument"});
    auto unknown = publisher{sender, "events"}.publish(make_test_event("x"),
                                                       {.content_type = "a/b"});
    CAF_CHECK(!unknown && unknown.error().reason == errc::unsupported_content_type);
  }

  CAF_TEST(a posted event arrives) {
    receiver.subscribe<audit>("events", {}, log);
    start();
    publisher{sender, "events"}.post(make_test_event("posted"));
    CAF_REQUIRE(log->wait_for(1));
    CAF_CHECK(log->items() == strings{"posted#1@1"});
  }

  CAF_TEST(a stop finishes what is in hand and takes no more) {
    auto entered = std::make_shared<event_log>();
    receiver.subscribe<Event>(
        "events",
        [this, entered, to = log](event_context&, const Event& event) {
          entered->add(event.message());
          // A stop begins with the registry.
          while (registered("receiver"))
            std::this_thread::yield();
          to->add(event.message());
        },
        {.queue = "workers", .placement = mica::thread});
    start();
    for (const auto* x : {"1", "2", "3"})
      publish(x);
    CAF_REQUIRE(entered->wait_for(1));
    receiver.stop();
    CAF_CHECK(log->items() == strings({"1", "2", "3"}));
    publish("late");
    service next{"next", options()};
    next.subscribe<audit>("events", {.queue = "workers"}, log);
    CAF_REQUIRE(next.start());
    publish("new");
    CAF_REQUIRE(log->wait_for(4));
    CAF_CHECK(log->items().back() == "new#1@1");
  }

  CAF_TEST(what a stopping subscriber did not handle reaches the next of its queue) {
    receiver.subscribe<audit>("events", {.queue = "workers", .backoff = 1h}, log);
    start();
    publish("refuse");
    CAF_REQUIRE(log->wait_for(1));
    receiver.stop();
    service next{"next", options()};
    next.subscribe<Event>("events",
                          [to = log](event_context& x, const Event& event) {
                            to->add(event.message()
                                    + (x.redelivered() ? " again" : " anew"));
                          },
                          {.queue = "workers"});
    CAF_REQUIRE(next.start());
    CAF_REQUIRE(log->wait_for(2));
    CAF_CHECK(log->items().back() == "refuse again");
  }

  CAF_TEST(a subscriber that can not be made keeps its service from starting) {
    struct broken : audit {
      explicit broken(std::shared_ptr<event_log> x) : audit(std::move(x)) {
        throw std::runtime_error{"no disk"};
      }
    };
    receiver.subscribe<broken>("events", {}, log);
    auto ok = receiver.start();
    CAF_REQUIRE(!ok);
    CAF_CHECK(ok.error().detail.find("no disk") != std::string::npos);
  }

  CAF_TEST(a subscription that can not be keeps its service from starting) {
    receiver.subscribe<audit>("", {}, log);
    auto ok = receiver.start();
    CAF_REQUIRE(!ok);
    CAF_CHECK(ok.error().reason == errc::invalid_argument);
  }

  CAF_TEST(an unknown broker is refused by its name) {
    auto what = options();
    what.broker = nullptr;
    what.broker_name = "pigeon";
    service one{"one", what};
    auto ok = one.start();
    CAF_REQUIRE(!ok);
    CAF_CHECK(ok.error().detail.starts_with("Broker pigeon not found"));
  }

  CAF_TEST(a broker that this build lacks is refused with the switch that has it) {
    const auto& known = detail::known_brokers();
    for (std::string name : {"nats", "jetstream", "kafka"}) {
      if (std::find(known.begin(), known.end(), name) != known.end())
        continue;
      auto chosen = detail::choose_broker(name);
      CAF_REQUIRE(!chosen);
      CAF_CHECK(chosen.error().detail.find("built without MICA_WITH_")
                != std::string::npos);
    }
  }

  CAF_TEST(nothing is published by a service that was stopped) {
    publish("before");
    sender.stop();
    auto ok = publisher{sender, "events"}.publish(make_test_event("late"));
    CAF_CHECK(!ok && ok.error().reason == errc::unavailable);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
