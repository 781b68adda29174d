// Mica's side of the interop tests and benchmarks of brokers, below services: the
// broker as an actor, with the registry that is asked for.
//
//   broker-peer subscribe [key=value...]
//   broker-peer publish [key=value...]
//
// Keys: registry (mdns on lo, consul), registry_address, topic (events), queue, brokers
// (1: so many subscribers, each with a broker of its own), count (1: no event is
// printed), n (1), who (John), bytes (of an event's name instead of who), window (1:
// publishes at once), header.NAME.
//
// `subscribe` prints "READY host:port", then "EVENT name headers" for each event; at
// SIGTERM "SEEN n in t us", from the first to the last. `publish` prints "PUBLISHED n
// refused m in t us" and, on stderr, the first error.

#include "greeter.pb.h"

#include "mica/actors/http_broker.hpp"
#include "mica/discovery/registries.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace mica;
using namespace std::chrono_literals;

// Nanoseconds.
using clock_type = std::chrono::steady_clock;

using arguments = std::map<std::string, std::string>;

struct config : caf::actor_system_config {
  config() {
    load<caf::io::middleman>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", size_t{2});
    set("middleman.max-consecutive-reads", size_t{1});
    set("middleman.workers", size_t{0});
  }
};

std::string get(const arguments& from, const std::string& key, std::string fallback) {
  auto found = from.find(key);
  return found == from.end() ? std::move(fallback) : found->second;
}

[[noreturn]] void fail(const std::string& text) {
  std::cerr << "broker-peer: " << text << std::endl;
  std::_Exit(1);
}

template <class T, class... Ts>
T ask(caf::actor_system& system, const broker::broker_ref& whom, Ts&&... xs) {
  caf::scoped_actor self{system};
  std::optional<T> result;
  self->request(whom.actor, 15s, std::forward<Ts>(xs)...)
      .receive([&](T& x) { result = std::move(x); },
               [](caf::error& why) { fail(to_string(from_caf(why))); });
  return std::move(*result);
}

// The registry of the arguments, and brokers that use it.
class peer {
public:
  explicit peer(const arguments& from) : arguments_(from) {
    auto name = get(from, "registry", "mdns");
    if (name == "mdns") {
      discovery::mdns_options options;
      options.interfaces = {"lo"};
      auto made = discovery::spawn_mdns_registry(system, std::move(options));
      if (!made)
        fail(to_string(from_caf(made.error())));
      backend_ = *made;
    } else if (name == "consul") {
      discovery::consul_options options;
      options.addresses = {get(from, "registry_address", "127.0.0.1:8500")};
      backend_ = discovery::spawn_consul_registry(system, std::move(options));
    } else {
      fail("no registry " + name);
    }
    front_ = discovery::spawn_registry(system, backend_, {});
  }

  ~peer() {
    for (auto& x : brokers_) {
      ask<caf::ok_atom>(system, x, broker::disconnect_atom::value);
      caf::anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
    }
    caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(backend_, caf::exit_reason::user_shutdown);
  }

  broker::broker_ref connect() {
    broker_environment env;
    env.addresses = {"127.0.0.1:0"};
    env.registry = [this] { return expected{front_}; };
    auto made = http_broker().make(system, env);
    if (!made)
      fail(to_string(made.error()));
    brokers_.push_back(*made);
    ask<caf::ok_atom>(system, *made, broker::connect_atom::value);
    return *made;
  }

private:
  config config_;

public:
  caf::actor_system system{config_};

private:
  arguments arguments_;
  discovery::registry_actor backend_;
  discovery::registry_actor front_;
  std::vector<broker::broker_ref> brokers_;
};

std::string line_of(const event& x) {
  HelloRequest message;
  if (!message.ParseFromString(x.body))
    return "EVENT undecodable";
  auto fields = nlohmann::json::object();
  for (const auto& [name, value] : x.headers)
    fields[std::string{name}] = value;
  return "EVENT " + message.name() + ' ' + fields.dump();
}

int subscribe(const arguments& from) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  std::atomic<uint64_t> seen{0};
  std::atomic<clock_type::rep> first{0};
  std::atomic<clock_type::rep> last{0};
  {
    peer here{from};
    auto count_only = from.count("count") > 0;
    std::vector<broker::sink_actor> sinks;
    auto brokers = std::stoul(get(from, "brokers", "1"));
    for (size_t i = 0; i < brokers; ++i) {
      sinks.push_back(
          here.system.spawn([&, count_only]() -> broker::sink_actor::behavior_type {
            return {[&, count_only](broker::delivery& x) {
              last = clock_type::now().time_since_epoch().count();
              if (++seen == 1)
                first = last.load();
              if (!count_only)
                std::cout << line_of(*x.what) << std::endl;
              x.from->settle(x.tag, broker::verdict::ack);
            }};
          }));
      auto broker = here.connect();
      ask<broker::subscription_ptr>(
          here.system, broker, broker::subscribe_atom::value,
          broker::subscribe_request{get(from, "topic", "events"),
                                    get(from, "queue", ""), 1024, sinks.back()});
      if (i + 1 == brokers)
        std::cout << "READY "
                  << ask<std::string>(here.system, broker, broker::address_atom::value)
                  << std::endl;
    }
    int number = 0;
    sigwait(&ends, &number);
    for (auto& x : sinks)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  }
  std::cout << "SEEN " << seen << " in " << (last - first) / 1000 << " us" << std::endl;
  return 0;
}

int publish(const arguments& from) {
  peer here{from};
  auto broker = here.connect();
  auto n = std::stoul(get(from, "n", "1"));
  auto window = std::stoul(get(from, "window", "1"));
  auto who = get(from, "who", "John");
  auto bytes = std::stoul(get(from, "bytes", "0"));
  auto topic = get(from, "topic", "events");
  metadata headers{{"Content-Type", "application/protobuf"}, {"Micro-Topic", topic}};
  for (const auto& [key, value] : from)
    if (key.starts_with("header."))
      headers.set(key.substr(7), value);
  std::mutex mutex;
  std::condition_variable room;
  size_t open = 0;
  size_t refused = 0;
  auto start = clock_type::now();
  for (size_t i = 0; i < n; ++i) {
    {
      std::unique_lock guard{mutex};
      room.wait(guard, [&] { return open < window; });
      ++open;
    }
    HelloRequest message;
    message.set_name(bytes > 0 ? std::string(bytes, 'x')
                     : n > 1   ? who + '-' + std::to_string(i)
                               : who);
    broker.direct->publish(
        std::make_shared<event>(event{topic, headers, message.SerializeAsString()}),
        [&](expected<void> outcome) {
          std::lock_guard guard{mutex};
          if (!outcome && refused++ == 0)
            std::cerr << to_string(outcome.error()) << std::endl;
          --open;
          room.notify_one();
        });
  }
  std::unique_lock guard{mutex};
  room.wait(guard, [&] { return open == 0; });
  auto took = clock_type::now() - start;
  std::cout << "PUBLISHED " << n << " refused " << refused << " in " << took / 1us
            << " us" << std::endl;
  return refused == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  arguments from;
  for (int i = 2; i < argc; ++i) {
    std::string text{argv[i]};
    auto equals = std::min(text.find('='), text.size());
    from[text.substr(0, equals)] =
        equals < text.size() ? text.substr(equals + 1) : std::string{};
  }
  std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "subscribe")
    return subscribe(from);
  if (mode == "publish")
    return publish(from);
  std::cerr << "usage: broker-peer subscribe|publish [key=value...]\n";
  return 2;
}
