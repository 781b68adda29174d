// Networks that misbehave on purpose: what a test of one's own service needs.

#pragma once

#include "mica/net/socket_layer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace mica::net {

/// One thing that goes wrong on one connection, at a byte that is counted from 0 for
/// each direction. Unencrypted bytes and TLS records alike.
struct fault {
  enum class kind : uint8_t {
    /// The bytes from `at` on wait for `time`, once.
    delay,
    /// `bytes` bytes vanish, and those behind them do not.
    drop,
    /// `bytes` bytes come, or go, in pieces of at most `size`.
    slice,
    /// The bits of `mask` are turned in `bytes` bytes.
    corrupt,
    /// Outgoing: we send no more (FIN) before `at`, and writing fails. Incoming: the
    /// peer seems to have closed its end before `at`.
    half_close,
    /// The connection is reset before `at`: for both sides.
    reset,
    /// Connecting fails, as if nobody listened. Counts no bytes.
    refuse,
  };

  enum class direction : uint8_t { in, out };

  kind what = kind::slice;
  /// Seen from the process whose sockets are decorated.
  direction side = direction::in;
  uint64_t at = 0;
  uint64_t bytes = std::numeric_limits<uint64_t>::max();
  /// At least 1.
  size_t size = 1;
  std::chrono::nanoseconds time{0};
  uint8_t mask = 0xff;
};

/// Says what happens on the connection with this number: connections are counted from
/// 0 in the order in which they were dialled or accepted. Called on the I/O lane.
using fault_plan = std::function<std::vector<fault>(size_t connection)>;

/// The same for every connection.
fault_plan on_every_connection(std::vector<fault> what);

/// Only for the connection `number`.
fault_plan on_connection(size_t number, std::vector<fault> what);

/// How likely each kind is to happen once on a connection, in percent; and where.
struct fault_odds {
  unsigned delay = 0;
  unsigned drop = 0;
  unsigned slice = 0;
  unsigned corrupt = 0;
  unsigned half_close = 0;
  unsigned reset = 0;
  unsigned refuse = 0;
  /// At a byte below this one. At least 1.
  uint64_t within = 4096;
  /// Of a delay, at most.
  std::chrono::milliseconds longest{100};
};

/// Draws faults by `seed`: the same seed and number give the same faults, on every
/// machine and in every order of connections.
fault_plan random_faults(uint64_t seed, const fault_odds& odds);

/// Decorates `inner` (null means `native_sockets()`) with what `plan` says. Lives on
/// the I/O lane. Give it to `pool_options::sockets` or `listener_options::sockets`.
///
/// Writes are decorated where they are made. Reads are CAF's: the connections show what
/// was read (`socket_layer::received`) before anything looks at it, and what is kept
/// back comes as messages. Hence the one limit: the peer's own end is never delayed, so
/// that it overtakes the bytes that still are.
std::shared_ptr<socket_layer> faulty_sockets(std::shared_ptr<socket_layer> inner,
                                             fault_plan plan);

} // namespace mica::net
