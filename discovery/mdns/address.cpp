#include "mdns/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace mica::discovery::mdns {

bool ip_address::unspecified() const noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t x) { return x == 0; });
}

bool ip_address::link_local() const noexcept {
  return v6 ? bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80
            : bytes[0] == 169 && bytes[1] == 254;
}

std::optional<ip_address> parse_ip(std::string_view text) {
  // The longest text form of an IPv6 address has 45 characters.
  if (text.empty() || text.size() > 45)
    return std::nullopt;
  std::string copy{text};
  ip_address result;
  if (inet_pton(AF_INET, copy.c_str(), result.bytes.data()) == 1)
    return result;
  result.v6 = true;
  if (inet_pton(AF_INET6, copy.c_str(), result.bytes.data()) == 1)
    return result;
  return std::nullopt;
}

std::string to_string(const ip_address& x) {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(x.v6 ? AF_INET6 : AF_INET, x.bytes.data(), buffer, sizeof(buffer));
  return buffer;
}

bool network::contains(const ip_address& x) const noexcept {
  if (x.v6 != address.v6)
    return false;
  auto whole = std::min<size_t>(prefix / 8, x.size());
  if (!std::equal(x.bytes.begin(), x.bytes.begin() + whole, address.bytes.begin()))
    return false;
  auto rest = prefix % 8;
  if (rest == 0 || whole == x.size())
    return true;
  auto mask = static_cast<uint8_t>(0xff00 >> rest);
  return (x.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

std::optional<host_port> parse_host_port(std::string_view text, std::string& why) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    why = "has no port; write host:port";
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  host_port result;
  auto [end, ec] = std::from_chars(digits.begin(), digits.end(), result.port);
  if (ec != std::errc{} || end != digits.end() || result.port == 0) {
    why = "has no port between 1 and 65535";
    return std::nullopt;
  }
  auto bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (host == "localhost")
    host = "127.0.0.1";
  auto ip = parse_ip(host);
  if (!ip || ip->v6 != bracketed) {
    why = bracketed ? "has no IPv6 address between the brackets"
                    : "is not an IP address with a port; mdns announces addresses, "
                      "not host names";
    return std::nullopt;
  }
  result.host = *ip;
  return result;
}

std::string to_string(const host_port& x) {
  auto host = to_string(x.host);
  return (x.host.v6 ? "[" + host + "]" : host) + ":" + std::to_string(x.port);
}

} // namespace mica::discovery::mdns
