#include "http/addresses.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace mica::discovery {

namespace {

mica::error bad_address(std::string_view address, std::string_view why) {
  return {errc::invalid_argument, "address \"" + std::string{address} + "\" "
                                      + std::string{why}
                                      + "; write host:port or [IPv6]:port"};
}

expected<uint16_t> parse_port(std::string_view address, std::string_view text) {
  uint16_t port = 0;
  auto end = text.data() + text.size();
  auto [at, failure] = std::from_chars(text.data(), end, port);
  if (failure != std::errc{} || at != end)
    return bad_address(address, "has no port between 0 and 65535");
  return port;
}

constexpr std::string_view advice =
    "; write host:port, optionally with http:// or https:// before it";

bool plain_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
         || c == '.' || c == '-' || c == '_' || c == ':';
}

} // namespace

expected<host_port> split_address(std::string_view address) {
  if (address.empty())
    return bad_address(address, "is empty");
  if (address.front() == '[') {
    auto close = address.find(']');
    if (close == std::string_view::npos || close == 1)
      return bad_address(address, "has a bracket too few or nothing in them");
    host_port result{std::string{address.substr(1, close - 1)}, 0};
    auto rest = address.substr(close + 1);
    if (rest.empty())
      return result;
    if (rest.front() != ':')
      return bad_address(address, "goes on after the bracket");
    auto port = parse_port(address, rest.substr(1));
    if (!port)
      return port.error();
    result.port = *port;
    return result;
  }
  auto colon = address.find(':');
  // No colon: a host alone. Several: an IPv6 address without brackets.
  if (colon == std::string_view::npos
      || address.find(':', colon + 1) != std::string_view::npos)
    return host_port{std::string{address}, 0};
  if (colon == 0)
    return bad_address(address, "has no host");
  auto port = parse_port(address, address.substr(colon + 1));
  if (!port)
    return port.error();
  return host_port{std::string{address.substr(0, colon)}, *port};
}

std::string join_address(const host_port& x) {
  if (x.port == 0)
    return x.host;
  if (x.host.find(':') == std::string::npos)
    return x.host + ":" + std::to_string(x.port);
  return "[" + x.host + "]:" + std::to_string(x.port);
}

expected<std::string> server_url(std::string_view name, std::string_view address,
                                 std::string_view scheme, uint16_t port) {
  auto fail = [](std::string text) {
    return mica::error{errc::invalid_argument, text + std::string{advice}};
  };
  std::string who{name};
  if (address.find('@') != std::string_view::npos)
    return fail("a " + who + " address must not hold a user or password");
  auto quoted = who + " address \"" + std::string{address} + "\"";
  auto rest = address;
  if (auto end = rest.find("://"); end != std::string_view::npos) {
    scheme = rest.substr(0, end);
    if (scheme != "http" && scheme != "https")
      return fail(quoted + " has an unknown scheme");
    rest.remove_prefix(end + 3);
  }
  if (rest.ends_with('/'))
    rest.remove_suffix(1);
  auto where = split_address(rest);
  if (!where)
    return fail(who + " " + where.error().detail);
  if (where->host.empty()
      || !std::all_of(where->host.begin(), where->host.end(), plain_in_host))
    return fail(quoted + " is no host and port");
  if (where->port == 0)
    where->port = port;
  return std::string{scheme} + "://" + join_address(*where);
}

const char* process_environment(const char* name) {
  return std::getenv(name);
}

} // namespace mica::discovery
