#include "consul/addresses.hpp"

#include "http/addresses.hpp"

#include <algorithm>

namespace mica::discovery::consul {

namespace {

constexpr uint16_t default_port = 8500;

std::string variable(const char* (*environment)(const char*), const char* name) {
  auto value = environment(name);
  return value ? value : "";
}

} // namespace

expected<std::string> agent_url(std::string_view address) {
  return server_url("Consul", address, "http", default_port);
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

} // namespace mica::discovery::consul
