// Brokers of kind http in one process, on real sockets, with one registry.

#pragma once

#include "net/io/live.hpp"

#include "mica/actors/broker.hpp"
#include "mica/actors/broker_source.hpp"
#include "mica/actors/http_broker.hpp"
#include "mica/discovery/registries.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace mica::test {

/// A subscriber that keeps what it gets, and settles it if it is told to.
class recorder {
public:
  using policy = std::function<std::optional<broker::verdict>(const event&)>;

  recorder(caf::actor_system& system, policy how)
    : list_(std::make_shared<list>()),
      sink(system.spawn(behave, list_, std::move(how))) {
    // nop
  }

  /// Waits for so many deliveries; fewer when patience ends.
  std::vector<broker::delivery> await(size_t count) const {
    std::unique_lock guard{list_->mutex};
    list_->grown.wait_for(guard, patience,
                          [&] { return list_->items.size() >= count; });
    return list_->items;
  }

  std::vector<broker::delivery> taken() const {
    return await(0);
  }

private:
  struct list {
    std::mutex mutex;
    std::condition_variable grown;
    std::vector<broker::delivery> items;
  };

  static broker::sink_actor::behavior_type behave(std::shared_ptr<list> to,
                                                  policy how) {
    return {[to, how](broker::delivery& x) {
      auto verdict = how(*x.what);
      {
        std::lock_guard guard{to->mutex};
        to->items.push_back(x);
        to->grown.notify_all();
      }
      if (verdict)
        x.from->settle(x.tag, *verdict);
    }};
  }

  std::shared_ptr<list> list_;

public:
  broker::sink_actor sink;
};

/// The outcome of a publish.
using publish_outcome = std::future<expected<void>>;

class http_world {
public:
  http_world() : registry(discovery::spawn_memory_registry(live.sys)) {
    // nop
  }

  ~http_world() {
    for (auto& x : brokers_)
      caf::anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
    for (auto& x : recorders_)
      caf::anon_send_exit(x->sink, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(registry, caf::exit_reason::user_shutdown);
  }

  broker_environment environment() {
    broker_environment result;
    result.addresses = {"127.0.0.1:0"};
    result.registry = [this] { return expected{registry}; };
    result.report = [lines = lines_](const std::string& line) {
      std::lock_guard guard{lines->mutex};
      lines->text += line + '\n';
    };
    return result;
  }

  broker::broker_ref make(const http_broker_options& options,
                          const broker_environment& env) {
    auto result = http_broker(options).make(live.sys, env);
    if (!result)
      CAF_FAIL(to_string(result.error()));
    brokers_.push_back(*result);
    return *result;
  }

  broker::broker_ref connected(const http_broker_options& options = {}) {
    return connected(options, environment());
  }

  broker::broker_ref connected(const http_broker_options& options,
                               const broker_environment& env) {
    auto result = make(options, env);
    live.ask<caf::ok_atom>(result.actor, broker::connect_atom::value);
    return result;
  }

  recorder& record(recorder::policy how) {
    recorders_.push_back(std::make_unique<recorder>(live.sys, std::move(how)));
    return *recorders_.back();
  }

  /// One that acknowledges.
  recorder& record() {
    return record([](const event&) { return broker::verdict::ack; });
  }

  /// One that never settles by itself.
  recorder& keep() {
    return record([](const event&) { return std::nullopt; });
  }

  broker::subscription_ptr subscribe(const broker::broker_ref& at, const recorder& who,
                                     std::string queue = {}, size_t prefetch = 256,
                                     std::string topic = "events") {
    return live.ask<broker::subscription_ptr>(
        at.actor, broker::subscribe_atom::value,
        broker::subscribe_request{std::move(topic), std::move(queue), prefetch,
                                  who.sink});
  }

  static event_ptr make_event(std::string body, metadata headers = {},
                              std::string topic = "events") {
    return std::make_shared<event>(
        event{std::move(topic), std::move(headers), std::move(body)});
  }

  static publish_outcome publish(const broker::broker_ref& at, event_ptr what) {
    auto promise = std::make_shared<std::promise<expected<void>>>();
    auto result = promise->get_future();
    at.direct->publish(std::move(what), [promise](expected<void> x) {
      promise->set_value(std::move(x));
    });
    return result;
  }

  static publish_outcome publish(const broker::broker_ref& at, std::string body) {
    return publish(at, make_event(std::move(body)));
  }

  static bool is_open(const publish_outcome& x) {
    return x.wait_for(std::chrono::seconds{0}) == std::future_status::timeout;
  }

  static expected<void> result(publish_outcome& x) {
    if (x.wait_for(patience) != std::future_status::ready)
      CAF_FAIL("publish is not answered");
    return x.get();
  }

  static expected<void> result(publish_outcome&& x) {
    return result(x);
  }

  static void must(publish_outcome&& x) {
    auto got = result(x);
    if (!got)
      CAF_FAIL(to_string(got.error()));
  }

  static error failure(publish_outcome&& x) {
    auto got = result(x);
    if (got)
      CAF_FAIL("publish succeeded");
    return got.error();
  }

  std::string address(const broker::broker_ref& of) {
    return live.ask<std::string>(of.actor, broker::address_atom::value);
  }

  /// Node ids of the subscriptions under this name.
  std::vector<std::string> ids(const std::string& service) {
    std::vector<std::string> result;
    auto found = live.try_ask<discovery::snapshot>(
        registry, discovery::lookup_atom::value, service);
    if (found)
      for (const auto& version : found->versions)
        for (const auto& node : version.nodes)
          result.push_back(node.id);
    return result;
  }

  std::string log() const {
    std::lock_guard guard{lines_->mutex};
    return lines_->text;
  }

  live_system live;
  discovery::registry_actor registry;

private:
  struct lines {
    std::mutex mutex;
    std::string text;
  };

  std::vector<broker::broker_ref> brokers_;
  std::vector<std::unique_ptr<recorder>> recorders_;
  std::shared_ptr<lines> lines_ = std::make_shared<lines>();
};

/// A request as a peer writes it.
inline std::string post(const std::string& target, const std::string& body,
                        const std::string& method = "POST") {
  return method + ' ' + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace mica::test
