#define CAF_SUITE broker_contract

#include "contract/broker_cases.hpp"

#include "contract/broker_support.hpp"

namespace mica::test::broker_cases {

using namespace broker;

void a_subscription_survives_an_absence_of_the_server(broker_world& world) {
  if (!world.has_server())
    return;
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic, world.queue()), "subscribe");
  must(world.publish(topic, "before"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
  world.stop_server();
  world.start_server();
  // What is published before the subscriber is back may be lost where the broker
  // promises no more; so this goes on until one arrives.
  size_t tries = 0;
  CAF_CHECK(world.within(world.expectations().recovery, [&] {
    static_cast<void>(world.publish(topic, "after " + std::to_string(++tries)));
    return sink.count() > 1;
  }));
  CAF_CHECK(sink.bodies().back().starts_with("after"));
}

void what_was_acknowledged_outlives_the_server(broker_world& world) {
  if (!world.has_server() || !world.promises().at_least_once)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic, world.queue()), "subscribe");
  std::vector<std::string> acknowledged;
  std::vector<std::pair<std::string, pending_publish>> pending;
  auto publish_some = [&](const char* when) {
    for (const auto& x : numbered(world.expectations().many / 4)) {
      auto body = std::string{when} + ' ' + x;
      pending.emplace_back(
          body, world.start_publish(world.other(), world.make_event(topic, body)));
    }
  };
  publish_some("before");
  // In the middle of them.
  world.stop_server();
  publish_some("away");
  world.start_server();
  publish_some("back");
  CAF_CHECK(world.within(world.expectations().recovery, [&] {
    return std::all_of(pending.begin(), pending.end(),
                       [](const auto& x) { return x.second.calls() == 1; });
  }));
  for (const auto& [body, outcome] : pending)
    if (outcome.succeeded())
      acknowledged.push_back(body);
  CAF_CHECK(!acknowledged.empty());
  std::sort(acknowledged.begin(), acknowledged.end());
  CAF_CHECK(world.within(
      world.expectations().recovery + world.expectations().redelivery, [&] {
        auto got = distinct(sink.bodies());
        return std::includes(got.begin(), got.end(), acknowledged.begin(),
                             acknowledged.end());
      }));
}

void no_publish_goes_unanswered_while_the_server_is_away(broker_world& world) {
  if (!world.has_server())
    return;
  connect_both(world);
  auto topic = world.topic();
  must(world.publish(topic, "before"), "publish");
  world.stop_server();
  std::vector<pending_publish> pending;
  for (const auto& x : numbered(50))
    pending.push_back(world.start_publish(world.broker(), world.make_event(topic, x)));
  CAF_CHECK(world.within(world.expectations().recovery, [&] {
    return std::all_of(pending.begin(), pending.end(),
                       [](const auto& x) { return x.calls() == 1; });
  }));
  for (const auto& x : pending) {
    CAF_CHECK(!x.succeeded());
    CAF_CHECK(x.reason() == errc::unavailable || x.reason() == errc::overloaded
              || x.reason() == errc::timeout);
  }
  world.start_server();
  CAF_CHECK(world.within(world.expectations().recovery,
                         [&] { return world.publish(topic, "after").has_value(); }));
}

} // namespace mica::test::broker_cases
