// The actor around a subscriber.

#pragma once

#include "broker/subscriber_core.hpp"
#include "mica/actors/broker.hpp"

#include <caf/actor.hpp>
#include <caf/atom.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace mica::detail {

/// Message to a shell: answered by `ok` when nothing is in its hands any more. What
/// waits for a second delivery is given back at once.
using drain_atom = caf::atom_constant<caf::atom("drain")>;

/// Message to a shell: gives everything back; answered by `ok`.
using give_back_atom = caf::atom_constant<caf::atom("giveback")>;

class one_shot;

/// What one subscription is made of.
struct subscriber_setup {
  std::string topic;
  subscribe_options options;
  std::shared_ptr<subscriber_core> core;
  /// Publishes dead letters; any thread, never blocks.
  std::function<void(event_ptr, std::function<void(expected<void>)>)> publish;
  /// Takes a line for the log.
  std::function<void(const std::string&)> report;
  /// Set from outside: hand out no more, give back what arrives.
  std::shared_ptr<std::atomic<bool>> giving_back =
      std::make_shared<std::atomic<bool>>(false);
  /// Of a function: only the event that takes it is served, until its fate is known.
  /// The others go back. Null for none.
  std::shared_ptr<one_shot> use = nullptr;
  /// The shell ends when this one does; null for none.
  caf::actor follows = nullptr;
};

/// Spawns the shell where `setup.options.placement` says: a `broker::sink_actor` that
/// also takes the messages above. Exit it with `user_shutdown`.
caf::actor spawn_subscriber(caf::actor_system& system, subscriber_setup setup);

} // namespace mica::detail
