#include "io/listen_address.hpp"

#include "mica/net/addresses.hpp"

namespace mica::net {

namespace {

mica::error bad(std::string_view text, const std::string& why) {
  return {errc::invalid_argument,
          "listen address \"" + std::string{text} + "\": " + why};
}

} // namespace

expected<listen_address> parse_listen_address(std::string_view text) {
  if (text.empty())
    text = ":0";
  // The range stands behind the last colon; a host has dashes of its own.
  auto colon = text.rfind(':');
  auto dash = colon == std::string_view::npos ? colon : text.find('-', colon);
  auto first = parse_host_port(text.substr(0, dash));
  if (!first)
    return std::move(first.error());
  listen_address result;
  result.first_port = result.last_port = first->port;
  if (dash != std::string_view::npos) {
    auto last = parse_host_port(":" + std::string{text.substr(dash + 1)});
    if (!last || last->port < first->port || first->port == 0)
      return bad(text, "a range of ports is min-max with 1 <= min <= max");
    result.last_port = last->port;
  }
  if (first->host.empty()) {
    result.host = "::";
    result.any_family = true;
  } else if (first->host == "localhost") {
    result.host = "127.0.0.1";
  } else if (is_numeric_host(first->host)) {
    result.host = std::move(first->host);
  } else {
    return bad(text, "write the host as an IP address (names are not resolved here)");
  }
  return result;
}

} // namespace mica::net
