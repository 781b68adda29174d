// What we ask of etcd's JSON gateway, and what it answers, read with suspicion
// (docs/wire/etcd.md).

#pragma once

#include "http/agent_client.hpp"
#include "records/ignored_input.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery::etcd {

/// Go Micro's prefix of all keys.
inline constexpr std::string_view prefix = "/micro/registry/";

/// A text as a part of a key: `/` becomes `-`, as in Go Micro.
std::string path_part(std::string_view text);

/// `/micro/registry/<service>/`, the start of the keys of its nodes.
std::string service_prefix(std::string_view service);

std::string node_key(std::string_view service, std::string_view node);

/// The part of a node's key that names the service; empty if it is no such key.
std::string service_part(std::string_view key);

// -- requests

/// Everything below a prefix, from the server's own copy, which others may be ahead of:
/// works without a leader, as in Go Micro.
api_request range_request(std::string_view key_prefix);

/// @param lease an id as etcd wrote it; empty: without.
api_request put_request(std::string_view key, std::string_view value,
                        std::string_view lease);

api_request delete_request(std::string_view key);

/// @param ttl is rounded up to whole seconds.
api_request grant_request(std::chrono::nanoseconds ttl);

api_request keep_alive_request(std::string_view lease);

/// A stream of the changes of all services from now on. Ends when the server loses its
/// leader: it would be silent otherwise.
api_request watch_request();

api_request authenticate_request(std::string_view user, std::string_view password);

// -- answers

struct key_value {
  std::string key;
  std::string value;
};

struct range {
  /// Of the store when it was read.
  int64_t revision = 0;
  std::vector<key_value> items;
};

/// Fails with `errc::protocol_error` if the answer is none, like all of these.
expected<range> parse_range(std::string_view body);

/// The id of a granted lease.
expected<std::string> parse_grant(std::string_view body);

/// Does the lease live?
expected<bool> parse_keep_alive(std::string_view body);

expected<std::string> parse_token(std::string_view body);

/// One line of a watch.
struct watch_line {
  /// The watch has begun.
  bool created = false;
  int64_t revision = 0;
  /// What `service_part` says of the keys that changed; each once.
  std::vector<std::string> services;
  /// Why the watch is over; empty while it goes on.
  std::string end;
};

expected<watch_line> parse_watch_line(std::string_view line);

/// Returns the error that a status other than 200 stands for, in etcd's words.
mica::error refused(const http_answer& answer, const std::string& url);

/// True if a new token may help.
bool wants_token(const http_answer& answer);

/// A service out of the values below its prefix; keys with a record of another service
/// (`a-b` beside `a/b`) are skipped.
struct found_service {
  snapshot found;
  ignored_input ignored;
};

found_service read_service(const std::string& service, const range& from);

/// All services by name and version.
struct found_services {
  std::vector<service_record> services;
  ignored_input ignored;
};

found_services read_services(const range& from);

} // namespace mica::discovery::etcd
