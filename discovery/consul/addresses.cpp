#include "consul/addresses.hpp"

#include "consul/requests.hpp"

#include <algorithm>
#include <cstdlib>

namespace mica::discovery::consul {

namespace {

constexpr uint16_t default_port = 8500;

constexpr std::string_view advice =
    "; write host:port, optionally with http:// or https:// before it";

bool plain_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
         || c == '.' || c == '-' || c == '_' || c == ':';
}

std::string variable(const char* (*environment)(const char*), const char* name) {
  auto value = environment(name);
  return value ? value : "";
}

} // namespace

expected<std::string> agent_url(std::string_view address) {
  auto fail = [](std::string text) {
    return mica::error{errc::invalid_argument, text + std::string{advice}};
  };
  if (address.find('@') != std::string_view::npos)
    return fail("a Consul address must not hold a user or password");
  auto quoted = "Consul address \"" + std::string{address} + "\"";
  std::string scheme = "http";
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
    return fail("Consul " + where.error().detail);
  if (where->host.empty()
      || !std::all_of(where->host.begin(), where->host.end(), plain_in_host))
    return fail(quoted + " is no host and port");
  if (where->port == 0)
    where->port = default_port;
  return scheme + "://" + join_address(*where);
}

expected<agent_settings> settle(const consul_options& options,
                                const char* (*environment)(const char*)) {
  agent_settings result;
  auto addresses = options.addresses;
  if (addresses.empty()) {
    auto given = variable(environment, "CONSUL_HTTP_ADDR");
    addresses.push_back(given.empty() ? "127.0.0.1" : given);
  }
  for (const auto& address : addresses) {
    auto url = agent_url(address);
    if (!url)
      return std::move(url.error());
    result.urls.push_back(std::move(*url));
  }
  result.token = options.token.empty() ? variable(environment, "CONSUL_HTTP_TOKEN")
                                       : options.token;
  // Anything else would end the header and begin another one.
  if (std::any_of(result.token.begin(), result.token.end(),
                  [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }))
    return mica::error{errc::invalid_argument,
                       "the Consul token holds a blank or an unprintable character; "
                       "check CONSUL_HTTP_TOKEN"};
  return result;
}

const char* process_environment(const char* name) {
  return std::getenv(name);
}

} // namespace mica::discovery::consul
