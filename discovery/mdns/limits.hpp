// Bounds of the mdns registry.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mica::discovery::mdns {

/// Everything that peers or callers can make grow, with what happens at the bound.
struct mdns_limits {
  /// Nodes registered here; beyond, registering fails with `errc::limit_exceeded`.
  size_t own_nodes = 1'000;
  /// Services looked up or watched here and remembered; beyond, the least recently
  /// used one that nobody watches or waits for is forgotten, or the lookup fails with
  /// `errc::limit_exceeded`.
  size_t services = 10'000;
  /// Nodes of one service learnt from others; beyond, new ones are ignored.
  size_t nodes_per_service = 4'096;
  /// Bytes of all text records learnt from others, as they came; beyond, new nodes
  /// are ignored. What is kept of them takes about ten times as much.
  size_t text_bytes = 16'777'216;
  /// Lookups and lists under way; beyond, they fail with `errc::overloaded`.
  size_t pending = 10'000;
  /// Names in the answer to a list; beyond, names are left out.
  size_t listed_names = 10'000;
  /// Answers to one source address in a second, and at once. A query of 31 bytes can
  /// ask for many large answers, and its source may be forged.
  uint32_t answers_per_source = 2'000;
  /// Answers to all sources in a second, and at once.
  uint32_t answers = 10'000;
  /// Datagrams of one source that are looked into in a second; the rest is dropped.
  uint32_t datagrams_per_source = 5'000;
  /// Announcements and goodbyes in one step; the others follow `pause` later, so that
  /// a process with many nodes does not overrun the sockets of its peers.
  size_t announcements_at_once = 64;
  std::chrono::milliseconds pause{5};
};

/// Go Micro's TTL of every record, in seconds; the most that ours say. A shorter lease
/// gives a shorter TTL.
constexpr uint32_t default_ttl = 120;

/// Seconds after which anything is forgotten that was not heard of again, whatever its
/// TTL says (RFC 6762 section 10 recommends 75 minutes at most).
constexpr uint32_t max_ttl = 4'500;

/// Announcements of a new node, counted from its registration.
constexpr std::chrono::milliseconds announce_at[] = {std::chrono::milliseconds{0},
                                                     std::chrono::milliseconds{1'000},
                                                     std::chrono::milliseconds{3'000}};

/// Queries for a watched service start at `watch_first` and double up to `watch_most`.
/// Go Micro never announces a node again, so four queries fit into its TTL.
constexpr std::chrono::milliseconds watch_first{1'000};
constexpr std::chrono::milliseconds watch_most{30'000};

/// How long a service that was looked up is kept without being asked for again.
constexpr std::chrono::milliseconds interest_time{120'000};

/// Age of the last query at which a lookup from memory also asks the network again.
constexpr std::chrono::milliseconds requery_after{10'000};

/// How long our own announcements, still under way, can't bring back a node that was
/// just deregistered.
constexpr std::chrono::milliseconds tombstone_time{2'000};

} // namespace mica::discovery::mdns
