// What a Consul agent answers, read with suspicion.

#pragma once

#include "consul/tags.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/consul_checks.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mica::discovery::consul {

/// The nodes of one service and what of the answer could not be used.
struct health {
  snapshot found;
  /// Entries and tags with something wrong in them.
  ignored_input ignored;
};

/// Reads the answer to `lookup_request` and `watch_request`.
///
/// Keeps the nodes of `service` of which no check is critical, grouped by version,
/// each id once. An entry that can't be used (no id, no address, a port out of range,
/// a wrong type) loses itself and nothing else. Fails with `errc::protocol_error` if
/// the answer as a whole is no list of entries.
expected<health> parse_health(std::string_view service, std::string_view body);

/// Every node in the same answer, passing or not, in the order of their ids; entries
/// that can't be used are left out. Fails as `parse_health`.
expected<std::vector<checked_node>> parse_checks(std::string_view service,
                                                 std::string_view body);

/// All services by name and version, without nodes.
struct catalog {
  std::vector<service_record> services;
  ignored_input ignored;
};

/// Reads the answer to `list_request`. A service without a readable version tag (a
/// stranger's, or Consul's own) has the version "". Fails with `errc::protocol_error`
/// if the answer as a whole is no object of tag lists.
expected<catalog> parse_catalog(std::string_view body);

/// Where to go on with blocking queries.
struct index_step {
  /// For the next query; 0 starts over.
  uint64_t index = 0;
  /// False if the answer's index can't be waited on: the next query would be
  /// answered at once, so it has to be put off.
  bool usable = false;
};

/// The rules of Consul's documentation on blocking queries: an index is above zero;
/// one that went backwards (a restored or replaced agent) means to start over.
///
/// @param before index of the last query.
/// @param header the value of `X-Consul-Index`, or nothing.
index_step next_index(uint64_t before, std::optional<std::string_view> header);

} // namespace mica::discovery::consul
