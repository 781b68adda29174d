// Addresses of servers as people write them.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::discovery {

/// A host and a port, apart.
struct host_port {
  /// IPv6 without brackets.
  std::string host;
  /// 0 if the address names none, as Go Micro's brokers of queues do.
  uint16_t port = 0;
};

/// Takes `host:port`, `[v6]:port` or a host alone apart.
expected<host_port> split_address(std::string_view address);

/// Puts a host and a port together again; port 0 means a host alone.
std::string join_address(const host_port& x);

/// Returns the start of a server's URLs for an address as people write it: `host`,
/// `host:port`, `[IPv6]:port`, a bare IPv6 address, each with `http://` or `https://`
/// before it or not. E.g. `http://127.0.0.1:8500`.
///
/// Fails with `errc::invalid_argument` for anything else; a text with user and
/// password in it is not repeated.
///
/// @param name of the registry, for messages.
/// @param scheme if the address has none.
/// @param port if the address has none.
expected<std::string> server_url(std::string_view name, std::string_view address,
                                 std::string_view scheme, uint16_t port);

/// Reads the environment of the process.
const char* process_environment(const char* name);

} // namespace mica::discovery
