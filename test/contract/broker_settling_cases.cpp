#define CAF_SUITE broker_contract

#include "contract/broker_cases.hpp"

#include "contract/broker_support.hpp"

namespace mica::test::broker_cases {

using namespace broker;

// Publishes here do not wait: a broker may tell their outcome when they are settled.

void nothing_comes_after_the_end_of_a_subscription(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  auto stays = world.record();
  auto what = must(world.subscribe(world.broker(), sink, topic), "subscribe");
  must(world.subscribe(world.broker(), stays, topic), "subscribe");
  must(world.publish(topic, "1"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
  must(world.unsubscribe(world.broker(), what), "unsubscribe");
  auto before = sink.count();
  must(world.publish(topic, "2"), "publish");
  CAF_CHECK(world.eventually([&] { return stays.count() == 2; }));
  world.watch_quietly();
  CAF_CHECK_EQUAL(sink.count(), before);
}

void a_subscription_ends_with_its_sink(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  auto stays = world.record();
  must(world.subscribe(world.broker(), sink, topic, world.queue()), "subscribe");
  must(world.subscribe(world.broker(), stays, topic, world.queue()), "subscribe");
  world.end(sink);
  if (!world.promises().redelivers) {
    // What was on its way to the sink when it ended is lost; soon nothing is.
    size_t round = 0;
    CAF_CHECK(world.within(
        world.expectations().settle + world.expectations().redelivery, [&] {
          auto got = stays.bodies();
          auto whole = std::any_of(got.begin(), got.end(), [&](const auto& x) {
            return std::count(got.begin(), got.end(), x) == 20;
          });
          auto body = "round " + std::to_string(++round);
          for (auto i = 0; i < 20 && !whole; ++i)
            world.start_publish(world.other(), world.make_event(topic, body));
          return whole;
        }));
    return;
  }
  auto bodies = numbered(20);
  std::vector<pending_publish> pending;
  for (const auto& x : bodies)
    pending.push_back(world.start_publish(world.other(), world.make_event(topic, x)));
  // All of them: none is sent to who is gone, or what was comes again.
  CAF_CHECK(world.within(world.expectations().settle + world.expectations().redelivery,
                         [&] { return stays.count() >= bodies.size(); }));
  CAF_CHECK(distinct(stays.bodies()) == sorted(bodies));
}

void ending_a_subscription_twice_succeeds(broker_world& world) {
  connect_both(world);
  auto sink = world.record();
  auto what = must(world.subscribe(world.broker(), sink, world.topic()), "subscribe");
  must(world.unsubscribe(world.broker(), what), "unsubscribe");
  must(world.unsubscribe(world.broker(), what), "unsubscribe again");
}

void the_end_of_one_subscription_disturbs_no_other(broker_world& world) {
  connect_both(world);
  // One sink, two topics.
  auto sink = world.record();
  auto first =
      must(world.subscribe(world.broker(), sink, world.topic("a")), "subscribe");
  must(world.subscribe(world.broker(), sink, world.topic("b")), "subscribe");
  must(world.unsubscribe(world.broker(), first), "unsubscribe");
  must(world.publish(world.topic("b"), "hello"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
}

void no_more_than_the_prefetch_is_unsettled(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record(false);
  must(world.subscribe(world.broker(), sink, topic, world.queue(), 3), "subscribe");
  auto bodies = numbered(10);
  std::vector<pending_publish> pending;
  for (const auto& x : bodies)
    pending.push_back(world.start_publish(world.other(), world.make_event(topic, x)));
  CAF_CHECK(world.eventually([&] { return sink.count() == 3; }));
  world.watch_quietly();
  CAF_CHECK_EQUAL(sink.count(), 3u);
  // In whatever order they are settled.
  sink.settle(1);
  CAF_CHECK(world.eventually([&] { return sink.count() == 4; }));
  sink.settle(3);
  sink.settle(0);
  CAF_CHECK(world.eventually([&] { return sink.count() == 6; }));
  world.watch_quietly();
  CAF_CHECK_EQUAL(sink.count(), 6u);
  for (auto i : {2, 4, 5})
    sink.settle(static_cast<size_t>(i));
  CAF_CHECK(world.eventually([&] { return sink.count() == 9; }));
  for (size_t i = 6; i < 9; ++i)
    sink.settle(i);
  CAF_CHECK(world.eventually([&] { return sink.count() == 10; }));
  sink.settle(9);
  CAF_CHECK(sorted(sink.bodies()) == sorted(bodies));
  for (const auto& x : pending)
    CAF_CHECK(world.eventually([&] { return x.succeeded(); }));
}

void settling_twice_counts_once(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record(false);
  must(world.subscribe(world.broker(), sink, topic, world.queue(), 2), "subscribe");
  for (const auto& x : numbered(6))
    world.start_publish(world.other(), world.make_event(topic, x));
  CAF_CHECK(world.eventually([&] { return sink.count() == 2; }));
  for (auto i = 0; i < 5; ++i)
    sink.settle(0);
  CAF_CHECK(world.eventually([&] { return sink.count() == 3; }));
  auto one = sink.taken().front();
  one.from->settle(one.tag + 1'000'000'007, verdict::ack);
  one.from->settle(0, verdict::give_back);
  world.watch_quietly();
  CAF_CHECK_EQUAL(sink.count(), 3u);
  sink.settle_all_from_now();
  sink.settle(1);
  sink.settle(2);
  CAF_CHECK(world.eventually([&] { return sink.count() == 6; }));
}

void what_one_gives_back_another_one_gets(broker_world& world) {
  if (!world.promises().redelivers)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto one = world.record(false);
  must(world.subscribe(world.broker(), one, topic, world.queue()), "subscribe");
  world.start_publish(world.other(), world.make_event(topic, "hello"));
  CAF_REQUIRE(world.eventually([&] { return one.count() == 1; }));
  auto two = world.record();
  must(world.subscribe(world.other(), two, topic, world.queue()), "subscribe");
  one.settle(0, verdict::give_back);
  world.end(one);
  CAF_REQUIRE(
      world.within(world.expectations().redelivery, [&] { return two.count() >= 1; }));
  CAF_CHECK(two.bodies().front() == "hello");
  CAF_CHECK(two.taken().front().redelivered);
}

void what_an_ended_subscriber_left_comes_again(broker_world& world) {
  if (!world.promises().redelivers)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto bodies = numbered(5);
  auto one = world.record(false);
  must(world.subscribe(world.broker(), one, topic, world.queue()), "subscribe");
  for (const auto& x : bodies)
    world.start_publish(world.other(), world.make_event(topic, x));
  CAF_REQUIRE(world.eventually([&] { return one.count() == bodies.size(); }));
  world.end(one);
  // Nobody is there for a while.
  auto two = world.record();
  must(world.subscribe(world.other(), two, topic, world.queue()), "subscribe");
  CAF_CHECK(world.within(world.expectations().redelivery,
                         [&] { return two.count() >= bodies.size(); }));
  CAF_CHECK(distinct(two.bodies()) == sorted(bodies));
}

void what_was_settled_does_not_come_again(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto bodies = numbered(5);
  auto one = world.record();
  auto what =
      must(world.subscribe(world.broker(), one, topic, world.queue()), "subscribe");
  publish_all(world, topic, bodies);
  CAF_REQUIRE(world.eventually([&] { return one.count() == bodies.size(); }));
  must(world.unsubscribe(world.broker(), what), "unsubscribe");
  auto two = world.record();
  must(world.subscribe(world.broker(), two, topic, world.queue()), "subscribe");
  must(world.publish(topic, "new"), "publish");
  CAF_CHECK(world.eventually([&] { return two.count() >= 1; }));
  world.watch_quietly();
  CAF_CHECK(two.bodies() == std::vector<std::string>{"new"});
}

void what_is_settled_after_the_end_of_its_subscription_counts(broker_world& world) {
  if (!world.promises().redelivers)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto one = world.record(false);
  auto what =
      must(world.subscribe(world.broker(), one, topic, world.queue()), "subscribe");
  for (const auto& x : numbered(2))
    world.start_publish(world.other(), world.make_event(topic, x));
  CAF_REQUIRE(world.eventually([&] { return one.count() == 2; }));
  must(world.unsubscribe(world.broker(), what), "unsubscribe");
  one.settle(0);
  one.settle(1, verdict::give_back);
  auto given_back = one.bodies()[1];
  auto two = world.record();
  must(world.subscribe(world.broker(), two, topic, world.queue()), "subscribe");
  CAF_CHECK(world.within(world.expectations().settle + world.expectations().redelivery,
                         [&] { return two.count() >= 1; }));
  world.watch_quietly();
  CAF_CHECK(two.bodies() == std::vector<std::string>{given_back});
}

void a_queue_gets_what_came_while_nobody_was_there(broker_world& world) {
  if (!world.promises().keeps)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto one = world.record();
  auto what =
      must(world.subscribe(world.broker(), one, topic, world.queue()), "subscribe");
  must(world.publish(topic, "first"), "publish");
  CAF_REQUIRE(world.eventually([&] { return one.count() == 1; }));
  must(world.unsubscribe(world.broker(), what), "unsubscribe");
  auto bodies = numbered(5);
  publish_all(world, topic, bodies);
  auto two = world.record();
  must(world.subscribe(world.other(), two, topic, world.queue()), "subscribe");
  CAF_CHECK(world.within(world.expectations().settle + world.expectations().redelivery,
                         [&] { return two.count() >= bodies.size(); }));
  CAF_CHECK(distinct(two.bodies()) == sorted(bodies));
}

} // namespace mica::test::broker_cases
