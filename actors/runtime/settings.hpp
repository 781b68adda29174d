// What flags, environment and code say about a service.

#pragma once

#include "mica/net/limits.hpp"
#include "mica/net/tls.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mica::detail {

struct extensions;

/// Defaults are Go Micro's; docs/flags.md lists them.
struct settings {
  std::string name;
  std::string version = "latest";
  /// A random UUID unless set.
  std::string id;
  std::string address = ":0";
  /// Address to register instead of the bound one; the port may be left out.
  std::string advertise;
  std::map<std::string, std::string> metadata;
  /// I/O threads that serve.
  size_t lanes = 1;

  /// Empty: Consul if an agent answers, else mdns.
  std::string registry;
  std::vector<std::string> registry_addresses;
  /// Empty: the agent's own.
  std::string consul_datacenter;
  std::vector<std::string> mdns_interfaces;
  /// Of the registry `static`; empty: the addresses alone.
  std::string static_file;
  /// Of the registry `gossip`: where to listen and what to tell others; empty leaves
  /// both to it.
  std::string gossip_address, gossip_advertise;
  /// AES keys; the first one encrypts.
  std::vector<std::string> gossip_keys;
  std::chrono::seconds register_ttl{60};
  std::chrono::seconds register_interval{30};

  /// Empty: the first of `known_brokers()`.
  std::string broker;
  std::vector<std::string> broker_addresses;

  /// Empty: the first of `known_transports()`.
  std::string transport;
  std::vector<std::string> transport_addresses;
  /// What plugins brought; null: no plugin.
  std::shared_ptr<struct extensions> extensions;

  std::string selector = "random";
  std::chrono::nanoseconds request_timeout = std::chrono::seconds{5};
  int retries = 1;
  net::pool_limits pool;
  net::http_limits http;
  net::http2_limits http2;
  /// With a certificate the server speaks TLS alone.
  net::tls_server_options server_tls;
  net::tls_client_options client_tls;
  /// All calls go over TLS.
  bool client_secure = false;
  /// `grpc` or `mucp` for all calls; empty: the best that a node announces.
  std::string client_protocol;
  /// `mucp` or `grpc`: what the node announces as `protocol`. Both are served.
  std::string server_protocol = "mucp";
  /// How long a stop waits for calls in flight.
  std::chrono::milliseconds drain_time{10'000};
  /// Where `/metrics` is served; empty: nowhere.
  std::string admin_address;
  /// trace, debug, info, warn, error.
  std::string log_level = "info";
};

/// More would be a slip: an I/O thread serves some 100,000 calls a second.
inline constexpr size_t max_lanes = 64;

/// What to do after the command line was read.
struct flags_outcome {
  enum class action { go_on, print_and_exit, refuse };
  action what = action::go_on;
  /// The help text, or one line that says what is wrong.
  std::string text;
};

/// Reads environment (MICRO_*) and flags into `to`: a flag beats its variable,
/// which beats what stands in `to`.
flags_outcome parse_flags(settings& to, int argc, const char* const* argv);

/// Reads a duration in Go's form: `300ms`, `1.5s`, `2m30s`; false if it is none.
bool parse_go_duration(const std::string& text, std::chrono::nanoseconds& out);

} // namespace mica::detail
