// Nodes that are listed, not discovered.

#pragma once

#include "mica/discovery/actors.hpp"
#include "mica/discovery/capabilities.hpp"

#include <caf/typed_actor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mica::discovery {

/// Where the list comes from; at least one of the two.
struct static_options {
  /// `service=address` each; address is `host:port` or `unix:/path`.
  std::vector<std::string> nodes;
  /// A file with a node a line: `service address key=value...`
  /// (docs/guide/discovery.md).
  std::string file;
  /// How often the file is looked at.
  std::chrono::milliseconds poll{1'000};
  /// Gets one line when the file changed and can't be used; the former nodes stay.
  /// Called on a thread of the registry's own.
  std::function<void(const std::string& line)> report;
};

/// What a process registers is found by that process alone.
inline constexpr registry_capabilities static_capabilities{.shared = false};

/// Spawns the static registry. Its listed nodes have no lease; what else is registered
/// is kept as by the memory registry. Reads the file before it returns; fails with
/// `errc::invalid_argument` if the list can't be understood, `errc::unavailable` if the
/// file can't be read.
caf::expected<registry_actor> spawn_static_registry(caf::actor_system& system,
                                                    static_options options);

} // namespace mica::discovery
