#include "consul/addresses.hpp"

#include "http/addresses.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

namespace mica::discovery::consul {

namespace {

constexpr uint16_t default_port = 8500;

std::string variable(const char* (*environment)(const char*), const char* name) {
  auto value = environment(name);
  return value ? value : "";
}

std::string chosen(const std::string& option, const char* (*environment)(const char*),
                   const char* name) {
  return option.empty() ? variable(environment, name) : option;
}

/// Is `text` one of the words for this that Consul's clients (Go) take?
bool is(std::string_view text, bool value) {
  constexpr std::string_view words[2][6] = {{"0", "f", "F", "false", "FALSE", "False"},
                                            {"1", "t", "T", "true", "TRUE", "True"}};
  auto& mine = words[value ? 1 : 0];
  return std::find(std::begin(mine), std::end(mine), text) != std::end(mine);
}

} // namespace

expected<std::string> agent_url(std::string_view address, std::string_view scheme) {
  return server_url("Consul", address, scheme, default_port);
}

expected<agent_settings> settle(const consul_options& options,
                                const char* (*environment)(const char*)) {
  agent_settings result;
  auto addresses = options.addresses;
  if (addresses.empty()) {
    auto given = variable(environment, "CONSUL_HTTP_ADDR");
    addresses.push_back(given.empty() ? "127.0.0.1" : given);
  }
  auto secure = is(variable(environment, "CONSUL_HTTP_SSL"), true);
  http_tls tls{
      chosen(options.ca_file, environment, "CONSUL_CACERT"),
      chosen(options.cert_file, environment, "CONSUL_CLIENT_CERT"),
      chosen(options.key_file, environment, "CONSUL_CLIENT_KEY"),
      !is(variable(environment, "CONSUL_HTTP_SSL_VERIFY"), false),
  };
  result.tls = std::make_shared<const http_tls>(std::move(tls));
  for (const auto& address : addresses) {
    auto url = agent_url(address, secure ? "https" : "http");
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
