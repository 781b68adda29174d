// What Consul knows of nodes that it hides from lookups: for tools that look for
// reasons.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/registries.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace mica::discovery {

/// A node as it is registered.
struct checked_node {
  std::string id;
  /// `host:port`
  std::string address;
  /// What its critical check says; empty if lookups find the node.
  std::string trouble;

  bool operator==(const checked_node&) const = default;
};

/// Bytes of `checked_node::trouble`; the rest is cut off.
inline constexpr size_t max_trouble = 200;

/// Asks the first agent that answers for every node of a service, passing or not.
/// Blocks, for `limit` in all. Fails with `errc::unavailable`, or as the agent refuses.
expected<std::vector<checked_node>> consul_checks(const consul_options& options,
                                                  const std::string& service,
                                                  std::chrono::milliseconds limit);

} // namespace mica::discovery
