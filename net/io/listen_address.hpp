// `host:port` with what Go Micro allows for listening: a range of ports.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::net {

struct listen_address {
  /// Numeric, without brackets; never empty (`::` stands for "everywhere").
  std::string host;
  /// Tried from first to last; both 0 means that the system chooses.
  uint16_t first_port = 0;
  uint16_t last_port = 0;
  /// The host was left out: without IPv6, IPv4 will do.
  bool any_family = false;
};

/// Reads `host:port`, `[v6]:port`, `:port`, each with `min-max` for a port; an empty
/// text is `:0`. Fails with `errc::invalid_argument`.
expected<listen_address> parse_listen_address(std::string_view text);

} // namespace mica::net
