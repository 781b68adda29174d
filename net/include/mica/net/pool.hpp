// Client connections, re-used.

#pragma once

#include "mica/net/actors.hpp"
#include "mica/net/limits.hpp"
#include "mica/net/socket_layer.hpp"

#include <caf/typed_actor.hpp>

#include <memory>

namespace mica::net {

struct pool_options {
  pool_limits limits;
  http_limits http;
  /// Null means `native_sockets()`.
  std::shared_ptr<socket_layer> sockets;
};

/// Spawns a pool: one client connection actor per socket, one exchange at a time
/// on each (HTTP/1.1 towards Go Micro allows no more, wire reference 2.3).
pool_actor spawn_pool(caf::actor_system& system, pool_options options);

} // namespace mica::net
