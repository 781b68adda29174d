// The actor behind publishers: continuations, deadlines, brokers without an outlet.

#pragma once

#include "mica/actors/broker.hpp"
#include "mica/actors/continuation.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace mica::detail {

using publish_done = std::function<void(expected<void>)>;

/// Tells the outcome of one publish once, whoever is first: the broker or the deadline.
/// Thread-safe.
class publish_outcome {
public:
  explicit publish_outcome(publish_done done) : done_(std::move(done)) {
    // nop
  }

  void tell(expected<void> x) {
    if (!told_.exchange(true))
      std::exchange(done_, nullptr)(std::move(x));
  }

  bool told() const noexcept {
    return told_.load();
  }

private:
  std::atomic<bool> told_{false};
  publish_done done_;
};

/// Message to the desk: tell `errc::timeout` then.
struct publish_deadline {
  std::shared_ptr<publish_outcome> outcome;
  std::chrono::steady_clock::time_point when;
};

/// Message to the desk: publish by a message to the broker's actor.
struct publish_task {
  broker::broker_actor to;
  event_ptr what;
  publish_done done;
};

/// Message to the desk: connect the broker and say how that went.
struct connect_task {
  broker::broker_actor to;
  publish_done done;
};

/// The error of a publish whose time is over.
error publish_timeout(const std::string& service);

/// Spawns the desk on the I/O lane. It also takes `continuation`, which it runs, and
/// `caller::start`, which it answers with the continuation. Exit it with
/// `user_shutdown`: publishes that wait fail then.
caf::actor spawn_publish_desk(caf::actor_system& system, std::string service);

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::publish_deadline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::publish_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::connect_task)
