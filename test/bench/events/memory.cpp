// The memory broker against a bare CAF send: one sender, one receiver, 128 bytes.
//
// Both sides of each row have the same window of messages under way, so that no mailbox
// grows without bound. Rounds are interleaved; figures are medians.

#include "events.pb.h"

#include "mica/actors/brokers.hpp"
#include "mica/actors/from_actor.hpp"
#include "mica/actors/new_event.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/actors/service.hpp"
#include "mica/discovery/registries.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr size_t body_bytes = 128;
constexpr size_t events_per_round = 1'000'000;
constexpr size_t warm_up = 100'000;
constexpr size_t rounds = 5;
constexpr size_t window = 4'096;

// How many messages have arrived; on a line of its own.
struct alignas(64) counter {
  std::atomic<size_t> value{0};
};

counter arrived;

caf::behavior bare_receiver(caf::event_based_actor*) {
  return {[](const std::string&) {
    arrived.value.fetch_add(1, std::memory_order_relaxed);
  }};
}

using mica::broker::sink_actor;

sink_actor::behavior_type settling_receiver(sink_actor::pointer) {
  return {[](const mica::broker::delivery& x) {
    x.from->settle(x.tag, mica::broker::verdict::ack);
    arrived.value.fetch_add(1, std::memory_order_relaxed);
  }};
}

mica::event_ptr make_event(const std::string& body) {
  auto result = mica::new_event();
  result->topic = "events";
  result->headers.reserve(3, 128);
  result->headers.add("Content-Type", "application/protobuf");
  result->headers.add("Micro-Topic", "events");
  result->headers.add("Micro-Id", "5f0b9f9e-3b1c-4d3e-9d7a-0f6f8f1a2b3c");
  result->body = body;
  return result;
}

double run_round(size_t count, const std::function<void()>& send) {
  auto base = arrived.value.load();
  auto start = std::chrono::steady_clock::now();
  for (size_t sent = 0; sent < count; ++sent) {
    while (sent - (arrived.value.load(std::memory_order_relaxed) - base) >= window)
      std::this_thread::yield();
    send();
  }
  while (arrived.value.load() - base < count)
    std::this_thread::yield();
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(count) / elapsed.count();
}

struct row {
  const char* name;
  std::function<void()> send;
  std::vector<double> rates = {};

  double median() {
    std::sort(rates.begin(), rates.end());
    return rates[rates.size() / 2];
  }
};

void require(bool ok, const char* what) {
  if (ok)
    return;
  std::fprintf(stderr, "bench-events-memory: %s\n", what);
  std::exit(1);
}

mica::service_options quiet(std::shared_ptr<const mica::broker_source> source) {
  mica::service_options result;
  result.registry_name = "memory";
  result.address = "127.0.0.1:0";
  result.broker = std::move(source);
  return result;
}

} // namespace

int main() {
  auto source = std::make_shared<const mica::broker_source>(mica::memory_broker());
  mica::service service{"bench", quiet(source)};
  service.subscribe<mica::bench::Event>(
      "typed",
      [](mica::event_context&, const mica::bench::Event&) {
        arrived.value.fetch_add(1, std::memory_order_relaxed);
      },
      {.prefetch = 2 * window});
  require(service.start().has_value(), "the service does not start");
  auto& system = mica::system_of(service);
  auto made = source->make(system, {});
  require(made.has_value(), "no broker");
  caf::scoped_actor self{system};
  auto sink = system.spawn(settling_receiver);
  auto subscribed = false;
  self->request(made->actor, caf::infinite, mica::broker::connect_atom::value)
      .receive([](caf::ok_atom) {}, [](caf::error&) {});
  self->request(made->actor, caf::infinite, mica::broker::subscribe_atom::value,
                mica::broker::subscribe_request{"events", {}, 2 * window, sink})
      .receive([&](mica::broker::subscription_ptr&) { subscribed = true; },
               [](caf::error&) {});
  require(subscribed, "no subscription");
  auto bare = system.spawn(bare_receiver);

  const std::string body(body_bytes, 'x');
  auto once = make_event(body);
  mica::bench::Event message;
  message.set_message(std::string(body_bytes - 3, 'x'));
  mica::publisher typed{service, "typed"};
  std::vector<row> rows{
      {"bare CAF send of a string", [&] { caf::anon_send(bare, body); }},
      {"outlet, one event again and again",
       [&] { made->direct->publish(once, nullptr); }},
      {"outlet, a new event with three headers",
       [&] { made->direct->publish(make_event(body), nullptr); }},
      {"publisher::post to subscriber, protobuf", [&] { typed.post(message); }},
  };
  for (auto& x : rows)
    run_round(warm_up, x.send);
  for (size_t i = 0; i < rounds; ++i)
    for (auto& x : rows)
      x.rates.push_back(run_round(events_per_round, x.send));
  auto base = rows.front().median();
  std::printf("memory broker, 1 publisher, 1 subscriber, %zu bytes\n\n", body_bytes);
  std::printf("%-42s %12s %8s\n", "", "events/s", "x bare");
  for (auto& x : rows)
    std::printf("%-42s %12.0f %8.2f\n", x.name, x.median(), x.median() / base);
  auto ratio = rows[2].median() / base;
  std::printf("target: memory broker / bare CAF send >= 0.6: %.2f %s\n\n", ratio,
              ratio >= 0.6 ? "met" : "NOT MET");
  for (const auto& x : {caf::actor_cast<caf::actor>(made->actor),
                        caf::actor_cast<caf::actor>(sink), bare})
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  service.stop();
}
