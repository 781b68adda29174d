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

struct destination {
  target to;
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

struct target_hash {
  size_t operator()(const target& x) const noexcept {
    auto kind = static_cast<size_t>(x.version) * 2 + (x.secure ? 1 : 0);
    return std::hash<std::string>{}(x.address) * 4 + kind;
  }
};

/// Makes a destination of what a caller said. Fails with `errc::invalid_argument`.
expected<std::unique_ptr<destination>> make_destination(const target& to);

} // namespace mica::net
