// The registries that ship with mica.

#pragma once

#include "mica/discovery/actors.hpp"
#include "mica/discovery/capabilities.hpp"

#include <caf/typed_actor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mica::discovery {

/// Keeps records in memory; forgets them when the process ends. For tests and for
/// services that share one process. At most 100'000 services (`errc::limit_exceeded`).
/// Like every registry it has to be ended by an exit message: while a lease runs, its
/// own timer keeps it alive.
registry_actor spawn_memory_registry(caf::actor_system& system);

inline constexpr registry_capabilities memory_capabilities{.shared = false};

/// Go Micro's multicast scheme (wire reference 6).
struct mdns_options {
  /// Go Micro's default since v1.10.
  std::string domain = "micro";
  /// Interfaces to speak on; empty means every one that is up and multicasts.
  std::vector<std::string> interfaces;
  /// How long a lookup collects answers (Go Micro: 100 ms).
  std::chrono::milliseconds timeout{100};
  /// UDP port of the group; other ports are for tests.
  uint16_t port = 5353;
};

/// Spawns the mdns registry; fails with `errc::unavailable` if no socket can be
/// had, `errc::invalid_argument` for an unknown interface.
caf::expected<registry_actor> spawn_mdns_registry(caf::actor_system& system,
                                                  mdns_options options);

inline constexpr registry_capabilities mdns_capabilities{};

/// Consul's HTTP API (wire reference 7).
struct consul_options {
  /// `host:port`, first one that answers is used; port 8500 if missing. Empty means
  /// `CONSUL_HTTP_ADDR`, else `127.0.0.1:8500`.
  std::vector<std::string> addresses;
  /// `X-Consul-Token`; empty means `CONSUL_HTTP_TOKEN`.
  std::string token;
  /// Where services are looked for; empty means the agent's own. Registered is always
  /// with the agent.
  std::string datacenter;
  /// PEM files for `https://`; empty means `CONSUL_CACERT`, `CONSUL_CLIENT_CERT` and
  /// `CONSUL_CLIENT_KEY`, without these the system's authorities and no certificate.
  /// `CONSUL_HTTP_SSL=true` makes `https://` the scheme of addresses without one,
  /// `CONSUL_HTTP_SSL_VERIFY=false` believes every certificate.
  std::string ca_file, cert_file, key_file;
  /// For one request, watches excepted.
  std::chrono::milliseconds timeout{5'000};
  /// How long one blocking query waits at the agent.
  std::chrono::milliseconds watch_wait{60'000};
  /// Gets one line for the log when something is ignored or changes: tags that can't
  /// be read, the agent gone or back. The same line at most once a minute, 20 lines a
  /// minute in all. Called on the registry's thread: must not block.
  std::function<void(const std::string& line)> report;
};

/// Spawns the consul registry. Never fails by itself: an agent that is away makes
/// requests fail with `errc::unavailable` until it is back.
registry_actor spawn_consul_registry(caf::actor_system& system, consul_options options);

/// Nodes stay in the catalog, critical and unseen by lookups, for a minute more.
inline constexpr registry_capabilities consul_capabilities{.service_metadata = false};

/// True if a Consul agent answers at the address within `limit`. Blocks; for
/// start-up.
bool consul_answers(const consul_options& options, std::chrono::milliseconds limit);

/// Go Micro's gossip registry: members of a cluster that tell each other, without a
/// server (docs/wire/gossip.md). Speaks hashicorp/memberlist's protocol.
struct gossip_options {
  /// Where to listen, UDP and TCP: `host:port` with a numeric host. Port 0: any.
  std::string address = "0.0.0.0:0";
  /// What others are told to reach us by, in whole or in part (`host`, `:port`); empty:
  /// what we listen on, with this machine's address in place of a wildcard.
  std::string advertise;
  /// `host:port` of other members, some of which are up; tried until they answer, and
  /// again when they are lost. Empty: others join us.
  std::vector<std::string> addresses;
  /// Unique in the cluster; empty: one is made.
  std::string name;
  /// AES keys of 16, 24 or 32 bytes: the first encrypts, all decrypt. Members without
  /// one of them are strangers.
  std::vector<std::string> keys;
  /// Without keys: Go Micro's default one, which everybody knows.
  bool secure = false;
  /// Gets one line when something is wrong: a member died, or others took us for dead.
  /// Called on the registry's thread: must not block.
  std::function<void(const std::string& line)> report;
  /// The same for what is as it should be: where we listen, who joined, who left.
  std::function<void(const std::string& line)> notice;
};

/// Spawns the gossip registry, which joins in the background: lookups wait until every
/// seed was asked, 2 s at most. Fails with `errc::unavailable` if the port is taken,
/// `errc::invalid_argument` for an address, seed or key that can't be.
///
/// Lookups of unknown services fail with `errc::unavailable` while no seed answers or
/// all other members seem dead: it may be us who is cut off. What is known is kept then
/// until its lease ends, with `stale_for` set. Nodes of members that left, or died
/// while others live, vanish at once; others when their lease ends.
caf::expected<registry_actor> spawn_gossip_registry(caf::actor_system& system,
                                                    gossip_options options);

inline constexpr registry_capabilities gossip_capabilities{};

/// The registry actor in front of an implementation: cache, watch, leases.
struct registry_options {
  /// Age at which a cached service that nobody watches or looks up is forgotten, and
  /// at which one that is in use is looked up again although its watch said nothing.
  std::chrono::milliseconds cache_ttl{60'000};
  /// How often a registration is renewed (register_interval), less up to a tenth of
  /// jitter. Zero: never.
  std::chrono::milliseconds register_interval{30'000};
  /// Services kept in the cache; beyond, the least recently used unwatched goes.
  size_t cached_services = 10'000;
};

/// Spawns the front. It passes everything on to `backend`, but
/// - answers lookups from its cache, which one watch per service keeps true. What is
///   not found is not cached; concurrent lookups of a service are one at the backend.
/// - keeps what it knows, with `stale_for` set, while the backend fails with
///   `errc::unavailable` and the like, gives no answer for 10 s, or has ended. A
///   service that the backend lost meanwhile is kept, stale, for one
///   `register_interval` more.
/// - renews what was registered through it until it is deregistered. A renewal that
///   fails is repeated after 0.5 s, doubling up to `register_interval`, and at once
///   when the backend is back. A first registration that fails because the backend is
///   away is answered by that error and repeated all the same; one that is refused is
///   not.
///
/// Fails also with `errc::overloaded`: 65'536 lookups wait for the backend.
///
/// Ends by an exit message, forgets everything then and deregisters nothing. `backend`
/// is the caller's to end.
registry_actor spawn_registry(caf::actor_system& system, registry_actor backend,
                              registry_options options);

} // namespace mica::discovery
