// The registry on etcd.

#pragma once

#include "mica/discovery/actors.hpp"
#include "mica/discovery/capabilities.hpp"

#include <caf/typed_actor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mica::discovery {

/// etcd 3.4 or newer, by its JSON gateway (docs/wire/etcd.md). What is empty here is
/// taken from the variables of etcd's own client, etcdctl.
struct etcd_options {
  /// `host:port`, each with `http://` or `https://` before it or not; the first one
  /// that answers is used; port 2379 if missing. Empty: `ETCDCTL_ENDPOINTS`, else
  /// `127.0.0.1:2379`.
  std::vector<std::string> addresses;
  /// For an etcd with authentication. Empty: `ETCDCTL_USER` (`user` or
  /// `user:password`) and `ETCDCTL_PASSWORD`.
  std::string user;
  std::string password;
  /// PEM files for `https://`. Empty: `ETCDCTL_CACERT`, `ETCDCTL_CERT` and
  /// `ETCDCTL_KEY`; without any of these the system's authorities and no certificate.
  /// With one of them an address without a scheme means `https://`.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  /// For one request, the watch excepted.
  std::chrono::milliseconds timeout{5'000};
  /// Gets one line for the log when something is ignored or changes: a record that
  /// can't be read, etcd gone or back. The same line at most once a minute, 20 lines a
  /// minute in all. Called on the registry's thread: must not block.
  std::function<void(const std::string& line)> report;
};

/// Spawns the etcd registry, of Go Micro's layout. Never fails by itself: an etcd that
/// is away makes requests fail with `errc::unavailable` until it is back.
registry_actor spawn_etcd_registry(caf::actor_system& system, etcd_options options);

/// Whole seconds; an etcd with its default settings grants no less than two.
inline constexpr registry_capabilities etcd_capabilities{.shortest_lease =
                                                             std::chrono::seconds{2}};

} // namespace mica::discovery
