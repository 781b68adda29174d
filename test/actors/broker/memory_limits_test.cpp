// What the contract can't see: the bounds of the memory broker.

#define CAF_SUITE memory_broker

#include "mica/actors/brokers.hpp"

#include "contract/broker_worlds.hpp"
#include "fake_subscription.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <sstream>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

struct world : virtual_broker_world {
  world() : virtual_broker_world({.promises = {.name = "memory"}}) {
    // nop
  }

  void start(memory_options options) {
    auto source = memory_broker(options);
    broker_environment env;
    env.report = [this](const std::string& line) { lines.push_back(line); };
    use(*source.make(system(), env), *source.make(system(), env));
    CAF_REQUIRE(connect(broker()));
    CAF_REQUIRE(connect(other()));
  }

  pending_publish start_one(const std::string& body = "x") {
    return start_publish(broker(), make_event("t", body));
  }

  std::vector<std::string> lines;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(memory_broker_tests, world)

  CAF_TEST(a publish without room waits until there is some) {
    start({.waiting_events = 2});
    auto sink = record(false);
    CAF_REQUIRE(subscribe(broker(), sink, "t", {}, 1));
    auto taken = start_one("1");
    start_one("2");
    start_one("3");
    auto waits = start_one("4");
    CAF_CHECK(taken.succeeded());
    CAF_CHECK_EQUAL(waits.calls(), 0u);
    sink.settle(0);
    deliver();
    CAF_CHECK(waits.succeeded());
    for (size_t i = 1; i < 4; ++i) {
      sink.settle(i);
      deliver();
    }
    CAF_CHECK(sink.bodies() == std::vector<std::string>({"1", "2", "3", "4"}));
  }

  CAF_TEST(a publish that waits too long fails as overloaded and is never delivered) {
    start({.waiting_events = 1, .publish_wait = 1s});
    auto sink = record(false);
    CAF_REQUIRE(subscribe(broker(), sink, "t", {}, 1));
    start_one("1");
    start_one("2");
    auto waits = start_one("3");
    CAF_CHECK(!within(900ms, [&] { return waits.calls() > 0; }));
    CAF_CHECK(within(200ms, [&] { return waits.calls() > 0; }));
    CAF_CHECK(waits.reason() == errc::overloaded);
    sink.settle_all_from_now();
    sink.settle(0);
    deliver();
    CAF_CHECK(sink.bodies() == std::vector<std::string>({"1", "2"}));
  }

  CAF_TEST(no more publishes wait than may) {
    start({.waiting_events = 1, .waiting_publishes = 2});
    auto sink = record(false);
    CAF_REQUIRE(subscribe(broker(), sink, "t", {}, 1));
    for (auto i = 0; i < 4; ++i)
      start_one();
    auto one_more = start_one();
    CAF_CHECK(one_more.reason() == errc::overloaded);
  }

  CAF_TEST(waiting events are bounded by their bytes too) {
    start({.waiting_bytes = 100});
    auto sink = record(false);
    CAF_REQUIRE(subscribe(broker(), sink, "t", {}, 1));
    start_one("in hand");
    // One may always wait, however large.
    CAF_CHECK(start_one(std::string(200, 'x')).succeeded());
    auto waits = start_one("y");
    CAF_CHECK_EQUAL(waits.calls(), 0u);
    sink.settle(0);
    deliver();
    CAF_CHECK(waits.succeeded());
  }

  CAF_TEST(a slow subscriber keeps no event from the others) {
    start({.waiting_events = 1, .publish_wait = 1s});
    auto slow = record(false);
    auto fast = record();
    CAF_REQUIRE(subscribe(broker(), slow, "t", {}, 1));
    CAF_REQUIRE(subscribe(other(), fast, "t"));
    for (auto i = 0; i < 5; ++i)
      start_one();
    CAF_CHECK_EQUAL(fast.count(), 5u);
    CAF_CHECK_EQUAL(slow.count(), 1u);
  }

  CAF_TEST(posted events that are lost are counted in the log) {
    start({.waiting_events = 1, .waiting_publishes = 1, .publish_wait = 1s});
    auto sink = record(false);
    CAF_REQUIRE(subscribe(broker(), sink, "t", {}, 1));
    for (auto i = 0; i < 6; ++i)
      broker().direct->publish(make_event("t", "x"), nullptr);
    within(2s, [] { return false; });
    CAF_REQUIRE_EQUAL(lines.size(), 2u);
    CAF_CHECK(lines[0].find("3 posted events were not taken") != std::string::npos);
    CAF_CHECK(lines[1].find("1 posted events were not taken") != std::string::npos);
  }

  CAF_TEST(a disconnect waits for what waits and tells what was not delivered) {
    start({.waiting_events = 1, .publish_wait = 1s});
    auto sink = record(false);
    CAF_REQUIRE(subscribe(other(), sink, "t", {}, 1));
    for (auto i = 0; i < 3; ++i)
      start_one();
    auto pending =
        self()->request(broker().actor, caf::infinite, broker::disconnect_atom::value);
    within(2s, [] { return false; });
    errc reason = errc::none;
    pending.receive([](caf::ok_atom) {},
                    [&](caf::error& x) { reason = from_caf(x).reason; });
    CAF_CHECK(reason == errc::timeout);
  }

  CAF_TEST(only so many subscriptions are taken) {
    start({.subscriptions = 2});
    auto sink = record();
    CAF_REQUIRE(subscribe(broker(), sink, "a"));
    auto second = subscribe(broker(), sink, "b");
    CAF_REQUIRE(second);
    auto third = subscribe(broker(), sink, "c");
    CAF_CHECK(!third && third.error().reason == errc::limit_exceeded);
    CAF_REQUIRE(unsubscribe(broker(), *second));
    CAF_CHECK(subscribe(broker(), sink, "c"));
  }

  CAF_TEST(queues without a subscriber are kept up to a limit) {
    start({.kept_queues = 1});
    for (const auto* name : {"a", "b"}) {
      auto sink = record(false);
      CAF_REQUIRE(subscribe(broker(), sink, "t", name));
      start_one();
      CAF_CHECK_EQUAL(sink.count(), 1u);
      end(sink);
    }
    CAF_REQUIRE_EQUAL(lines.size(), 1u);
    CAF_CHECK(lines[0].find("queue b of topic t") != std::string::npos);
    auto back = record();
    CAF_REQUIRE(subscribe(broker(), back, "t", "a"));
    CAF_CHECK_EQUAL(back.count(), 1u);
  }

  CAF_TEST(brokers of two sources share no topics) {
    start({});
    auto separate = memory_broker().make(system(), {});
    CAF_REQUIRE(separate);
    CAF_REQUIRE(connect(*separate));
    auto sink = record();
    CAF_REQUIRE(subscribe(*separate, sink, "t"));
    start_one();
    CAF_CHECK_EQUAL(sink.count(), 0u);
    caf::anon_send_exit(separate->actor, caf::exit_reason::user_shutdown);
    deliver();
  }

  CAF_TEST(every limit of the memory broker stands on its page with its default) {
    std::ifstream in{mica::test::source_path("docs/limits.md")};
    std::stringstream page;
    page << in.rdbuf();
    memory_options now;
    for (const auto& [name, value] : std::map<std::string, size_t>{
             {"waiting_events` | events", now.waiting_events},
             {"waiting_bytes` | bytes", now.waiting_bytes},
             {"waiting_publishes` | publishes", now.waiting_publishes},
             {"publish_wait` | ms", static_cast<size_t>(now.publish_wait.count())},
             {"event_bytes` | bytes", now.event_bytes},
             {"subscriptions` | subscriptions", now.subscriptions},
             {"kept_queues` | queues", now.kept_queues}}) {
      auto row = "| `" + name + " | " + std::to_string(value) + " |";
      if (page.str().find(row) == std::string::npos)
        CAF_ERROR("docs/limits.md has no row " << row);
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
