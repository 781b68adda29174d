// One target of a pool: its connections, and the line before them.

#pragma once

#include "io/pool_call.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/pool.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace mica::net {

class client_connection;

/// What a pool tells destinations apart by.
struct destination_key {
  target to;
  /// Streams over HTTP/1.1: each has a connection of its own, which no exchange shares.
  bool streams = false;

  friend bool operator==(const destination_key&, const destination_key&) = default;
};

struct destination {
  target to;
  bool streams = false;
  /// Of `to.address`; empty on Unix sockets.
  host_port address;
  /// Connections that carry one call at a time and have none, most recently used last.
  std::vector<client_connection*> idle;
  /// Connections that carry many calls, oldest first; few.
  std::vector<client_connection*> shared;
  call_list waiting;
  /// Connections of any kind.
  size_t open = 0;
  /// Needs no resolver.
  bool numeric = false;
  bool resolving = false;
};

struct destination_hash {
  size_t operator()(const destination_key& x) const noexcept {
    auto kind = static_cast<size_t>(x.to.version) * 4 + (x.to.secure ? 2 : 0)
                + (x.streams ? 1 : 0);
    return std::hash<std::string>{}(x.to.address) * 8 + kind;
  }
};

/// Makes a destination of what a caller said. Fails with `errc::invalid_argument`.
expected<std::unique_ptr<destination>> make_destination(const destination_key& key);

} // namespace mica::net
