// Client connections, re-used.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/actors.hpp"
#include "mica/net/limits.hpp"
#include "mica/net/socket_layer.hpp"
#include "mica/net/stream.hpp"
#include "mica/net/tls.hpp"

#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mica::net {

struct pool_options {
  pool_limits limits;
  http_limits http;
  http2_limits http2;
  /// Null means `native_sockets()`.
  std::shared_ptr<socket_layer> sockets;
  /// For targets that are `secure`.
  tls_client_options tls;
  /// Told, for the log, that certificates were replaced by something that can't be
  /// used; the former ones stay. Called on the I/O lane; must not block. May be null.
  std::function<void(const error&)> report = {};
};

/// What is spoken on a connection.
enum class http_version : uint8_t {
  /// One exchange at a time (towards Go Micro's mucp nothing else works, wire
  /// reference 2.3).
  http1,
  /// One multiplexed connection for all exchanges and streams; without TLS by prior
  /// knowledge (RFC 9113, 3.3), with TLS by ALPN.
  http2,
};

/// Where a request goes, and how.
struct target {
  /// `host:port`, `[v6]:port` (numeric, or a name that is resolved aside), or
  /// `unix:/path`.
  std::string address;
  http_version version = http_version::http1;
  /// TLS, verified as `pool_options::tls` says.
  bool secure = false;

  friend bool operator==(const target&, const target&) = default;
};

/// Exchanges and streams over connections that are kept. Lives on the I/O lane and
/// must be called there alone: no message, no lock.
class pool {
public:
  using done = std::function<void(expected<http_response>)>;

  virtual ~pool();

  /// Sends a whole request over an idle, a shared or a new connection; `then` gets the
  /// outcome exactly once, from within a later round of the lane or at once.
  /// At `deadline` the exchange fails (HTTP/2: its stream is reset; HTTP/1.1: its
  /// connection is closed). Fails with `errc::connection_failed` (it never left, or
  /// provably reached no handler), `errc::connection_lost` (sent, no answer),
  /// `errc::unauthenticated` (a certificate, the server's or ours, was refused: no node
  /// and no repetition mends that), `errc::timeout`, `errc::protocol_error`,
  /// `errc::limit_exceeded`, `errc::overloaded` (the line is full),
  /// `errc::invalid_argument` (the address, or what can't be sent), `errc::cancelled`
  /// (by the peer), `errc::unavailable` (the pool ends).
  /// @returns a number for `cancel`, never 0.
  virtual uint64_t exchange(const target& to, http_request&& request,
                            time_point deadline, done then) = 0;

  /// Opens a stream. Over HTTP/1.1 it is Go Micro's: `head` and its body are the
  /// message that opens it, and it has a connection of its own, which ends with it (see
  /// `stream_sender`).
  /// @param deadline `time_point::max()` for none.
  virtual uint64_t open(const target& to, http_request&& head, time_point deadline,
                        std::unique_ptr<response_receiver> receiver) = 0;

  /// Gives up an exchange or stream: the peer is told (RST_STREAM with CANCEL, or
  /// HTTP/1.1's close), `then` or the receiver hears nothing more. Numbers of what has
  /// ended do nothing.
  virtual void cancel(uint64_t number) = 0;
};

/// A pool and the actor that keeps it going.
struct pool_ref {
  pool_actor actor;
  /// Lane only.
  std::shared_ptr<pool> direct;
};

/// Spawns a pool. Exit the actor with `user_shutdown`: what is open fails then.
pool_ref spawn_pool(caf::actor_system& system, pool_options options);

} // namespace mica::net
