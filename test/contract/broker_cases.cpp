#define CAF_SUITE broker_contract

#include "contract/broker_cases.hpp"

#include "contract/broker_support.hpp"

namespace mica::test::broker_cases {

using namespace broker;

void an_event_arrives_as_it_was_published(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  auto what =
      world.make_event(topic, "hello",
                       {{"Content-Type", "application/json"},
                        {"X-Odd", "quotes \" and \\, \xc3\xa4 and \xe4\xb8\xad"},
                        {"X-Empty", ""}});
  must(world.publish(world.other(), what), "publish");
  CAF_REQUIRE(world.eventually([&] { return sink.count() == 1; }));
  auto got = sink.taken().front();
  CAF_CHECK_EQUAL(got.what->topic, topic);
  CAF_CHECK_EQUAL(got.what->body, "hello");
  CAF_CHECK(!got.redelivered);
  for (auto [name, value] : what->headers) {
    CAF_MESSAGE("header " << name);
    CAF_REQUIRE(got.what->headers.contains(name));
    auto found = std::string{*got.what->headers.get(name)};
    CAF_CHECK_EQUAL(found, std::string{value});
  }
}

void any_bytes_can_be_a_body(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  std::string all;
  for (auto i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  std::vector<std::string> bodies{all, "", std::string(3, '\0'), "\xff\xfe"};
  publish_all(world, topic, bodies);
  CAF_CHECK(world.eventually([&] { return sink.bodies() == bodies; }));
}

void a_large_event_arrives_whole(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  std::string body(world.expectations().large_bytes, 'x');
  for (size_t i = 0; i < body.size(); i += 1'000)
    body[i] = static_cast<char>(i / 1'000);
  must(world.publish(topic, body), "publish");
  CAF_REQUIRE(world.eventually([&] { return sink.count() == 1; }));
  CAF_CHECK(sink.bodies().front() == body);
}

void events_of_one_publisher_arrive_in_their_order(broker_world& world) {
  if (!world.promises().ordered)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic, {}, 7), "subscribe");
  auto bodies = numbered(world.expectations().many);
  // Without waiting for one before the next.
  std::vector<pending_publish> pending;
  for (const auto& x : bodies)
    pending.push_back(world.start_publish(world.other(), world.make_event(topic, x)));
  CAF_CHECK(world.eventually([&] { return sink.count() >= bodies.size(); }));
  CAF_CHECK(sink.bodies() == bodies);
  CAF_CHECK(world.eventually([&] {
    return std::all_of(pending.begin(), pending.end(),
                       [](const auto& x) { return x.succeeded(); });
  }));
}

void a_subscriber_hears_of_its_own_topic_only(broker_world& world) {
  connect_both(world);
  auto mine = world.record();
  auto theirs = world.record();
  must(world.subscribe(world.broker(), mine, world.topic("mine")), "subscribe");
  must(world.subscribe(world.broker(), theirs, world.topic("theirs")), "subscribe");
  must(world.publish(world.topic("mine"), "1"), "publish");
  must(world.publish(world.topic("mine") + "-too", "2"), "publish");
  must(world.publish(world.topic("theirs"), "3"), "publish");
  CAF_CHECK(world.eventually([&] { return theirs.count() == 1; }));
  CAF_CHECK(world.eventually([&] { return mine.count() == 1; }));
  world.watch_quietly();
  CAF_CHECK(mine.bodies() == std::vector<std::string>{"1"});
  CAF_CHECK(theirs.bodies() == std::vector<std::string>{"3"});
}

void an_event_without_subscribers_is_no_failure(broker_world& world) {
  connect_both(world);
  auto outcome = world.publish(world.topic("nobody"), "hello");
  CAF_CHECK(outcome.has_value());
}

void the_outlet_tells_the_outcome_exactly_once(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  std::vector<pending_publish> pending;
  for (const auto& x : numbered(50))
    pending.push_back(world.start_publish(world.broker(), world.make_event(topic, x)));
  for (const auto& x : pending)
    CAF_CHECK(world.eventually([&] { return x.calls() == 1; }));
  world.watch_quietly();
  for (const auto& x : pending) {
    CAF_CHECK_EQUAL(x.calls(), 1u);
    CAF_CHECK(x.succeeded());
  }
  CAF_CHECK(world.eventually([&] { return sink.count() == 50; }));
}

void an_event_that_nobody_waits_for_arrives_too(broker_world& world) {
  if (!world.broker().direct)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  world.broker().direct->publish(world.make_event(topic, "posted"), nullptr);
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
  // And one that can't be published hurts nobody.
  world.broker().direct->publish(world.make_event("", "nowhere"), nullptr);
  must(world.publish(topic, "after it"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 2; }));
}

void every_subscriber_gets_every_event(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto bodies = numbered(20);
  std::vector<event_recorder> sinks;
  for (auto i = 0; i < 4; ++i) {
    sinks.push_back(world.record());
    const auto& at = i % 2 == 0 ? world.broker() : world.other();
    must(world.subscribe(at, sinks.back(), topic), "subscribe");
  }
  publish_all(world, topic, bodies);
  for (const auto& x : sinks)
    CAF_CHECK(world.eventually([&] { return x.count() == bodies.size(); }));
  world.watch_quietly();
  for (const auto& x : sinks)
    CAF_CHECK(sorted(x.bodies()) == sorted(bodies));
}

void one_of_a_queue_gets_each_event(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto bodies = numbered(60);
  std::vector<event_recorder> sinks;
  for (auto i = 0; i < 3; ++i) {
    sinks.push_back(world.record());
    const auto& at = i == 0 ? world.other() : world.broker();
    must(world.subscribe(at, sinks.back(), topic, world.queue()), "subscribe");
  }
  auto all = [&] { return sinks[0].bodies() + sinks[1].bodies() + sinks[2].bodies(); };
  publish_all(world, topic, bodies);
  CAF_CHECK(world.eventually([&] { return all().size() >= bodies.size(); }));
  world.watch_quietly();
  CAF_CHECK(sorted(all()) == sorted(bodies));
}

void two_queues_get_each_event_once_both(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto bodies = numbered(20);
  auto a1 = world.record();
  auto a2 = world.record();
  auto b = world.record();
  must(world.subscribe(world.broker(), a1, topic, world.queue("a")), "subscribe");
  must(world.subscribe(world.other(), a2, topic, world.queue("a")), "subscribe");
  must(world.subscribe(world.broker(), b, topic, world.queue("b")), "subscribe");
  publish_all(world, topic, bodies);
  CAF_CHECK(world.eventually([&] { return b.count() == bodies.size(); }));
  CAF_CHECK(world.eventually([&] { return a1.count() + a2.count() == bodies.size(); }));
  world.watch_quietly();
  CAF_CHECK(sorted(a1.bodies() + a2.bodies()) == sorted(bodies));
  CAF_CHECK(sorted(b.bodies()) == sorted(bodies));
}

void a_queue_takes_nothing_from_a_broadcast(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto bodies = numbered(20);
  auto worker = world.record();
  auto audit = world.record();
  must(world.subscribe(world.broker(), worker, topic, world.queue()), "subscribe");
  must(world.subscribe(world.broker(), audit, topic), "subscribe");
  publish_all(world, topic, bodies);
  for (const auto* x : {&worker, &audit})
    CAF_CHECK(world.eventually([&] { return x->count() == bodies.size(); }));
  world.watch_quietly();
  for (const auto* x : {&worker, &audit})
    CAF_CHECK(sorted(x->bodies()) == sorted(bodies));
}

void an_event_without_a_topic_is_refused(broker_world& world) {
  connect_both(world);
  auto outcome = world.publish("", "hello");
  CAF_CHECK(!outcome && outcome.error().reason == errc::invalid_argument);
  auto sink = world.record();
  auto subscribed = world.subscribe(world.broker(), sink, "");
  CAF_CHECK(!subscribed && subscribed.error().reason == errc::invalid_argument);
}

void a_topic_that_can_not_be_is_refused(broker_world& world) {
  const auto& topic = world.expectations().bad_topic;
  if (topic.empty())
    return;
  connect_both(world);
  auto outcome = world.publish(topic, "hello");
  CAF_CHECK(!outcome && outcome.error().reason == errc::invalid_argument);
  auto sink = world.record();
  auto subscribed = world.subscribe(world.broker(), sink, topic);
  CAF_CHECK(!subscribed && subscribed.error().reason == errc::invalid_argument);
}

void an_event_that_is_too_large_is_refused(broker_world& world) {
  auto bytes = world.expectations().too_large_bytes;
  if (bytes == 0)
    return;
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  auto outcome = world.publish(topic, std::string(bytes, 'x'));
  CAF_REQUIRE(!outcome);
  CAF_CHECK(outcome.error().reason == errc::limit_exceeded);
  must(world.publish(topic, "the next one"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
}

void nothing_is_published_before_connect(broker_world& world) {
  auto outcome = world.publish(world.topic(), "early");
  CAF_CHECK(!outcome && outcome.error().reason == errc::unavailable);
}

void nothing_is_published_after_disconnect(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  must(world.publish(topic, "before"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
  must(world.disconnect(world.broker()), "disconnect");
  auto outcome = world.publish(topic, "late");
  CAF_CHECK(!outcome && outcome.error().reason == errc::unavailable);
  // Its subscriptions have ended with it.
  must(world.publish(world.other(), world.make_event(topic, "later")), "publish");
  world.watch_quietly();
  CAF_CHECK_EQUAL(sink.count(), 1u);
}

void the_broker_tells_its_promises(broker_world& world) {
  auto told = must(world.ask<traits>(world.broker(), traits_atom::value), "traits");
  const auto& expected = world.promises();
  CAF_CHECK_EQUAL(told.name, expected.name);
  CAF_CHECK_EQUAL(told.at_least_once, expected.at_least_once);
  CAF_CHECK_EQUAL(told.redelivers, expected.redelivers);
  CAF_CHECK_EQUAL(told.keeps, expected.keeps);
  CAF_CHECK_EQUAL(told.ordered, expected.ordered);
}

void the_broker_tells_its_address_once_connected(broker_world& world) {
  auto address = [&] {
    return must(world.ask<std::string>(world.broker(), address_atom::value), "address");
  };
  CAF_CHECK(address().empty());
  connect_both(world);
  CAF_CHECK(!address().empty());
}

void connecting_twice_changes_nothing(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  connect_both(world);
  must(world.publish(topic, "hello"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
  world.watch_quietly();
  CAF_CHECK_EQUAL(sink.count(), 1u);
}

void what_was_published_leaves_before_a_disconnect(broker_world& world) {
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic), "subscribe");
  std::vector<pending_publish> pending;
  for (const auto& x : numbered(100))
    pending.push_back(world.start_publish(world.other(), world.make_event(topic, x)));
  must(world.disconnect(world.other()), "disconnect");
  CAF_CHECK(world.eventually([&] { return sink.count() == pending.size(); }));
  for (const auto& x : pending)
    CAF_CHECK(world.eventually([&] { return x.succeeded(); }));
}

} // namespace mica::test::broker_cases
