// One listening address and its server connections.

#pragma once

#include "mica/net/actors.hpp"
#include "mica/net/limits.hpp"
#include "mica/net/request_handler.hpp"
#include "mica/net/socket_layer.hpp"
#include "mica/net/tls.hpp"

#include <caf/typed_actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace mica::net {

struct listener_options {
  /// See `socket_layer::listen`.
  std::string address = ":0";
  http_limits limits;
  http2_limits http2;
  /// Without files: no TLS.
  tls_server_options tls;
  /// Never null. Kept until the last connection has ended.
  std::shared_ptr<request_handler> handler;
  /// Of `native_sockets`.
  port_sharing sharing = port_sharing::none;
  /// Null means `native_sockets(sharing)`.
  std::shared_ptr<socket_layer> sockets;
  /// Told, for the log, what a peer did wrong below the level of requests: broken
  /// HTTP/2, a failed handshake, the wrong protocol for the port. Called on the I/O
  /// lane; must not block. A flood of them is summed up. May be null.
  std::function<void(const error&)> report;
};

/// Spawns a listener. One server connection actor per accepted socket.
listener_actor spawn_listener(caf::actor_system& system, listener_options options);

} // namespace mica::net
