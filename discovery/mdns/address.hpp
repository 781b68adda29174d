// IP addresses as values: what DNS records carry and datagrams come from.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace mica::discovery::mdns {

/// An IPv4 address (in the first four bytes, the rest zero) or an IPv6 one.
struct ip_address {
  bool v6 = false;
  std::array<uint8_t, 16> bytes{};

  bool operator==(const ip_address&) const = default;

  /// IPv4 first, then by bytes.
  bool operator<(const ip_address& other) const noexcept {
    return std::tie(v6, bytes) < std::tie(other.v6, other.bytes);
  }

  /// 4 or 16.
  size_t size() const noexcept {
    return v6 ? 16 : 4;
  }

  /// `0.0.0.0` or `::`.
  bool unspecified() const noexcept;

  /// 169.254.0.0/16 or fe80::/10.
  bool link_local() const noexcept;
};

/// Reads `192.0.2.1` or `2001:db8::1` (no brackets, no zone). Nothing for any other
/// text, host names included.
std::optional<ip_address> parse_ip(std::string_view text);

std::string to_string(const ip_address& x);

/// An address range of a link.
struct network {
  ip_address address;
  /// Leading bits that are equal for the whole range: 0..32 or 0..128.
  uint8_t prefix = 0;

  bool operator==(const network&) const = default;

  bool contains(const ip_address& x) const noexcept;
};

/// An address with its port.
struct host_port {
  ip_address host;
  uint16_t port = 0;
  /// Index of the link that a link-local IPv6 address belongs to; 0 for all others.
  uint32_t scope = 0;

  bool operator==(const host_port&) const = default;
};

/// Reads `host:port`; IPv6 in brackets, port 1..65535, `localhost` is 127.0.0.1.
/// Nothing for any other text; `why` says what is wrong with it.
std::optional<host_port> parse_host_port(std::string_view text, std::string& why);

/// Returns `host:port`; IPv6 in brackets.
std::string to_string(const host_port& x);

} // namespace mica::discovery::mdns
