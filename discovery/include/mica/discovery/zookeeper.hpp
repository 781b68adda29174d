// The registry on ZooKeeper; with the build's switch MICA_WITH_ZOOKEEPER.

#pragma once

#include "mica/discovery/actors.hpp"
#include "mica/discovery/capabilities.hpp"

#include <caf/typed_actor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mica::discovery {

struct zookeeper_options {
  /// `host:port` of the servers of one ensemble; port 2181 if missing. Empty:
  /// `127.0.0.1:2181`.
  std::vector<std::string> addresses;
  /// After which a silent server counts as away and another one is tried; servers may
  /// grant another one (2 to 20 of their ticks). Nodes don't end with the session.
  std::chrono::milliseconds session_timeout{5'000};
  /// How long the first requests wait for the connection.
  std::chrono::milliseconds connect_timeout{5'000};
  /// Gets one line for the log when something is ignored or changes: a record that
  /// can't be read, ZooKeeper gone or back, a session that expired. The same line at
  /// most once a minute, 20 lines a minute in all. Called on the registry's thread:
  /// must not block.
  std::function<void(const std::string& line)> report;
};

/// Spawns the registry of Go Micro's layout (`/micro-registry/SERVICE/NODE`), a thread
/// of its own besides the two of ZooKeeper's client. Never fails by itself: without a
/// connection requests fail with `errc::unavailable`.
///
/// At most 1'000 services are watched, and a record has at most 1 MB, ZooKeeper's own
/// limit.
registry_actor spawn_zookeeper_registry(caf::actor_system& system,
                                        zookeeper_options options);

/// Go Micro's nodes are not tied to a session: those of a killed process stay until
/// somebody deregisters them.
inline constexpr registry_capabilities zookeeper_capabilities{.leases = false};

} // namespace mica::discovery
