// The actor interfaces of the network layer: every message and every reply.

#pragma once

#include "mica/codecs/http.hpp"
#include "mica/net/limits.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/timespan.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace mica::net {

using listen_atom = caf::atom_constant<caf::atom("listen")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;
using stats_atom = caf::atom_constant<caf::atom("stats")>;

/// Absolute time on the actor system's clock.
using time_point = std::chrono::steady_clock::time_point;

/// Counters of a listener since its start.
struct listener_stats {
  uint64_t accepted = 0;
  uint64_t open = 0;
  uint64_t requests = 0;
  /// Requests refused by the session: malformed, oversized, too slow.
  uint64_t refused = 0;
  /// Times the acceptor paused at its connection limit.
  uint64_t pauses = 0;
};

/// The LISTENER actor interface: one address, its connections.
using listener_actor = caf::typed_actor<
    // Binds and listens; returns the bound address, e.g. `[::]:50137`.
    // Fails with `errc::invalid_argument` (address) or `errc::unavailable` (bind).
    caf::replies_to<listen_atom>::with<std::string>,
    // Accepts no more; answers in flight carry `Connection: close`; idle
    // connections are closed after a grace period. Replies when the last connection
    // has ended, or after `limit`, when the rest was reset: true if none was.
    caf::replies_to<drain_atom, caf::timespan>::with<bool>,
    caf::replies_to<stats_atom>::with<listener_stats>>;

/// The POOL actor interface: keeps client connections going. Lives on the I/O lane,
/// where calls are made without it (`pool`).
using pool_actor = caf::typed_actor<
    // Closes what is idle now, the rest when its exchange ends; then quits.
    caf::reacts_to<drain_atom>>;

} // namespace mica::net

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::http_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::http_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::net::listener_stats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::net::time_point)
