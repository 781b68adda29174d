#include "broker/nats/address.hpp"

#include <algorithm>

namespace mica::broker::nats {

namespace {

constexpr std::string_view default_port = "4222";

bool is_port(std::string_view x) {
  return !x.empty() && x.size() <= 5
         && std::all_of(x.begin(), x.end(), [](char c) { return c >= '0' && c <= '9'; })
         && std::stoul(std::string{x}) >= 1 && std::stoul(std::string{x}) <= 65'535;
}

bool is_host(std::string_view x) {
  return !x.empty() && x.size() <= 255 && x.starts_with('[') == x.ends_with(']')
         && std::all_of(x.begin(), x.end(), [](char c) {
              return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '/'
                     && c != '@' && c != ',';
            });
}

error bad(std::string_view shown, std::string_view why) {
  return {errc::invalid_argument,
          "the broker address '" + std::string{shown.substr(0, 128)} + "' "
              + std::string{why}
              + "; write nats://host:port, tls://host:port or host:port"};
}

} // namespace

expected<server_address> parse_address(std::string_view text) {
  server_address result;
  std::string_view scheme = "nats";
  auto rest = text;
  if (auto at = rest.find("://"); at != rest.npos) {
    scheme = rest.substr(0, at);
    rest.remove_prefix(at + 3);
  }
  std::string_view user;
  if (auto at = rest.rfind('@'); at != rest.npos) {
    user = rest.substr(0, at + 1);
    rest.remove_prefix(at + 1);
  }
  if (scheme != "nats" && scheme != "tls")
    return bad(rest, "has a scheme that is neither nats nor tls");
  result.tls = scheme == "tls";
  auto host = rest;
  auto port = default_port;
  // IPv6 stands in brackets, as in URLs.
  auto colon = rest.starts_with('[') ? rest.find(':', rest.find(']')) : rest.find(':');
  if (colon != rest.npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  }
  if (!is_host(host))
    return bad(rest, "has no host");
  if (!is_port(port))
    return bad(rest, "has a port that is none");
  auto place = std::string{host} + ':' + std::string{port};
  result.url = std::string{scheme} + "://" + std::string{user} + place;
  result.shown = std::string{scheme} + "://" + place;
  return result;
}

} // namespace mica::broker::nats
