// The subscribers of a service.

#pragma once

#include "broker/subscriber_shell.hpp"
#include "mica/actors/broker.hpp"
#include "mica/net/request_handler.hpp"

#include <caf/timespan.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mica::detail {

/// One subscriber as the user declared it.
struct declared_subscriber {
  std::string topic;
  subscribe_options options;
  subscriber_factory make;
};

/// Starts them, feeds them what comes straight to the server's socket, ends them in
/// order. Thread-safe.
class subscriptions : public std::enable_shared_from_this<subscriptions> {
public:
  struct parts {
    caf::actor_system* system = nullptr;
    std::shared_ptr<server_environment> env;
    /// Asked when a subscriber is made.
    std::function<std::vector<subscriber_wrapper>()> wrappers;
    std::function<void(event_ptr, std::function<void(expected<void>)>)> publish;
    std::function<void(const std::string&)> report;
    std::function<void(const std::string&)> log;
  };

  explicit subscriptions(parts from);

  /// Makes the subscriber and begins its subscription; blocks. Fails as
  /// `broker::subscribe_atom` and if the object can't be made.
  expected<void> add(const broker::broker_actor& at, const declared_subscriber& what);

  /// The same for an actor's own, which ends with `user`; blocks nothing.
  /// @param then runs once, anywhere.
  void follow(const broker::broker_actor& at, declared_subscriber what, caf::actor user,
              std::function<void(expected<void>)> then);

  /// Takes an event that came as a request: answers when the subscribers of its topic
  /// have had it. Lives on the I/O lane.
  /// @returns the answer if it is known at once.
  std::optional<http_response> take(http_request&& request,
                                    const net::reply_address& from);

  /// Only the event that takes `use` is served. Before the first subscriber.
  void serve_once(std::shared_ptr<one_shot> use) {
    use_ = std::move(use);
  }

  /// No more events from the broker; what has come may be finished. Blocks.
  void unsubscribe(const broker::broker_actor& at);

  /// No more events; what is in hand is finished within the limit, the rest is given
  /// back. Blocks.
  void stop(const broker::broker_actor& at, caf::timespan limit);

  /// Ends the shells.
  void end();

private:
  struct entry {
    std::string topic;
    caf::actor shell;
    std::shared_ptr<std::atomic<bool>> giving_back;
    /// Events from the server's socket that wait for this subscriber.
    std::shared_ptr<std::atomic<size_t>> direct;
    size_t max_direct;
    broker::subscription_ptr at_broker;
  };

  void keep(const caf::actor& shell, broker::subscription_ptr begun);
  expected<entry> make(const declared_subscriber& what, caf::actor user);
  broker::subscribe_request request_for(const declared_subscriber& what,
                                        const entry& of) const;

  const parts parts_;
  std::shared_ptr<one_shot> use_;
  std::mutex mtx_;
  bool stopped_ = false;
  std::vector<entry> entries_;
};

} // namespace mica::detail
