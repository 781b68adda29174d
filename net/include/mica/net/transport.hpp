// How requests reach another process: what a service may be given in place of TCP.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/listener.hpp"
#include "mica/net/pool.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mica::net {

/// What a service tells its transport.
struct transport_environment {
  /// `--transport_address` (MICRO_TRANSPORT_ADDRESS), split at commas; empty: the
  /// transport's usual one.
  std::vector<std::string> addresses = {};
  /// Name of the service, for servers that show their clients.
  std::string service = {};
};

/// What a transport can carry.
enum class carriage : uint8_t {
  /// Connections: every protocol of mica.
  bytes,
  /// Whole requests and answers, as HTTP/1.1 would carry them: mucp without streams,
  /// and neither gRPC nor TLS of ours.
  messages,
};

/// Spawns what listens. The actor hands requests to `listener_options::handler` on the
/// I/O lane. Called by a thread that may block.
using listen_function = std::function<expected<listener_actor>(
    caf::actor_system&, listener_options, const transport_environment&)>;

/// Spawns what calls. Must not block: the first call of an actor may be the cause.
using pool_function = std::function<expected<pool_ref>(caf::actor_system&, pool_options,
                                                       const transport_environment&)>;

/// One way for requests to travel, both ends of it. Immutable; shared by services.
class transport_source {
public:
  transport_source(std::string name, listen_function listen, pool_function pool,
                   carriage carries = carriage::bytes)
    : name_(std::move(name)),
      listen_(std::move(listen)),
      pool_(std::move(pool)),
      carries_(carries) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  const listen_function& listen() const noexcept {
    return listen_;
  }

  const pool_function& pool() const noexcept {
    return pool_;
  }

  carriage carries() const noexcept {
    return carries_;
  }

private:
  std::string name_;
  listen_function listen_;
  pool_function pool_;
  carriage carries_;
};

/// TCP and Unix sockets: Go Micro's default.
transport_source http_transport();

/// Sockets that only this process can reach, without a port: `:0` listens in a folder
/// that nobody else may enter, and addresses of other processes are refused.
transport_source memory_transport();

/// A connection to NATS servers that carries calls.
struct nats_transport_options {
  /// `[nats://|tls://][user:password@]host[:port]` each; all belong to one cluster.
  /// `--transport_address` comes first; none at all: `nats://127.0.0.1:4222`.
  std::vector<std::string> addresses = {};
  /// For one attempt to connect.
  std::chrono::milliseconds connect_time{2'000};
  /// Between two attempts; there is no last one.
  std::chrono::milliseconds reconnect_wait{250};
  /// Calls under way of one client, those that wait for the connection included.
  /// Beyond: `errc::overloaded`.
  size_t calls = 10'000;
  /// Requests that wait for the lane of one server. Beyond: they are dropped, and the
  /// caller's deadline tells it.
  size_t waiting_requests = 10'000;
};

/// Go Micro's plugin `nats`: a service is a subject. Messages of at most the server's
/// `max_payload` (1 MiB), base64 included. Only where mica is built with NATS.
transport_source nats_transport(nats_transport_options options = {});

} // namespace mica::net
