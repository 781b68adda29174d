// The records of a registry: Go Micro's service, node and endpoint.

#pragma once

#include "mica/codecs/endpoint.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mica::discovery {

using labels = std::map<std::string, std::string>;

/// One running instance of a service.
struct node {
  /// Unique among the nodes of a service, e.g. `greeter-7f3a...`. Never empty.
  std::string id;
  /// `host:port`; IPv6 in brackets.
  std::string address;
  /// `protocol`, `server`, `transport`, `broker`, `registry` and the user's own.
  labels metadata;

  bool operator==(const node&) const = default;
};

/// One version of a service with the nodes that run it.
struct service_record {
  std::string name;
  std::string version;
  labels metadata;
  std::vector<endpoint> endpoints;
  /// Sorted by id in what a registry returns.
  std::vector<node> nodes;

  bool operator==(const service_record&) const = default;
};

/// All that is known of one service at one point in time. Always whole, never a
/// delta: whichever arrived last is the truth.
struct snapshot {
  std::string service;
  /// One record per version, sorted by version. Empty: no node is known.
  std::vector<service_record> versions;
  /// Set while the registry can't be reached: how long ago this was true.
  std::optional<std::chrono::nanoseconds> stale_for;

  bool operator==(const snapshot&) const = default;
};

/// Go Micro's JSON of a record (`{"name":..,"version":..,"metadata":..,
/// "endpoints":..,"nodes":..}`): keys in this order, map keys sorted, `<`, `>` and `&`
/// escaped as Go does. Empty maps and lists are null, but for the metadata of an
/// endpoint: `{}`, as Go's extractor leaves it. Bytes that are no UTF-8 become U+FFFD.
std::string to_json(const service_record& record);
std::string to_json(const endpoint& x);

/// Reads Go Micro's JSON: keys in any case, null and missing alike, unknown keys
/// ignored; the `port` that v1.7 and older wrote goes into the address. At most 1 MiB
/// and 64 levels deep. Nothing if it is no such record (one without a name is none);
/// `why` says what is wrong and where, e.g. `nodes[2].id: expected a string, found
/// number`.
std::optional<service_record> parse_service_record(const std::string& json,
                                                   std::string& why);
std::optional<endpoint> parse_endpoint(const std::string& json, std::string& why);

/// zlib + lower-case hex, as the mdns and consul registries wrap JSON.
std::string to_hex_zlib(std::string_view text);

/// Undoes `to_hex_zlib`; hex digits in any case. Nothing on broken hex, on zlib that is
/// broken, cut short or followed by more, or when the result exceeds `limit` bytes;
/// `why` says which.
std::optional<std::string> from_hex_zlib(std::string_view hex, size_t limit,
                                         std::string& why);

} // namespace mica::discovery

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::service_record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<mica::discovery::service_record>)
