// Addresses as text: what may be dialled, and what is told to others.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net {

/// The two halves of `host:port`.
struct host_port {
  /// Name or address, IPv6 without brackets. May be empty.
  std::string host;
  uint16_t port = 0;

  friend bool operator==(const host_port&, const host_port&) = default;
};

/// In front of the path of a Unix socket's address.
inline constexpr std::string_view unix_prefix = "unix:";

/// True if `address` names a Unix socket (`unix:/path`): no host, no port.
inline bool is_unix_address(std::string_view address) noexcept {
  return address.substr(0, unix_prefix.size()) == unix_prefix;
}

/// Splits `host:port`, `[v6]:port` or `:port`. The port is decimal, 0..65535.
/// Fails with `errc::invalid_argument`; the text quotes `address`.
expected<host_port> parse_host_port(std::string_view address);

/// The inverse of `parse_host_port`: brackets around IPv6.
std::string to_string(const host_port& x);

/// True if `host` is an IPv4 or IPv6 address (a zone such as `%eth0` may follow).
bool is_numeric_host(std::string_view host);

/// One address of this machine's interfaces.
struct interface_address {
  /// Numeric, without zone and prefix length.
  std::string ip;
  bool loopback = false;
};

/// Returns the address others should call when `bound` was listened on.
///
/// A Unix socket is called by its own address, or by `advertise`. Else host and port
/// come from `advertise` (`host`, `host:port` or `:port`) where it
/// says them, else from `bound`. A host that is empty or a wildcard is replaced by
/// the first private address of this machine, else by any other, a loopback one
/// last (Go Micro's rule, wire reference 1.7). Two deviations: a missing port is
/// always filled in, and IPv6 link-local addresses are never chosen because nobody
/// can dial them without a zone.
std::string advertised_address(std::string_view bound, std::string_view advertise = {});

/// The rule behind `advertised_address` without the machine: chooses among
/// `candidates`, IPv4 only if `v4_only`. Returns `127.0.0.1` if none fits.
std::string choose_address(const std::vector<interface_address>& candidates,
                           bool v4_only);

} // namespace mica::net
