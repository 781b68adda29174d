// The actor that makes calls: discovery, selection, connection, retries.

#pragma once

#include "client/client_call.hpp"
#include "mica/codecs/codec.hpp"
#include "mica/discovery/actors.hpp"
#include "mica/net/actors.hpp"

#include <caf/actor.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <string>

namespace mica::detail {

struct client_options {
  discovery::registry_actor registry;
  net::pool_actor pool;
  /// `random` or `roundrobin`.
  std::string selector = "random";
  /// Outlives the actor.
  const content_types* types = nullptr;
  /// Calls that wait for the first answer of the registry, per service; beyond:
  /// errc::overloaded.
  size_t waiting_calls = 10'000;
  /// Services whose snapshots are kept.
  size_t known_services = 10'000;
};

/// Spawns the client actor on the I/O lane. It takes `client_call_ptr` and answers
/// through the call's `done`; and `caller::start`, for which it answers with the
/// continuation. Exit it with `user_shutdown`: open calls fail then.
caf::actor spawn_client(caf::actor_system& system, client_options options);

} // namespace mica::detail
