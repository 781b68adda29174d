// Bounds of the gossip registry.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mica::discovery::gossip {

/// Everything that peers or callers can make grow, with what happens at the bound.
struct gossip_limits {
  /// Members known, dead ones included; beyond, alive messages of new ones are ignored.
  size_t members = 10'000;
  /// Bytes of a member's name, and of its meta data (memberlist: 512); a message with
  /// more is refused.
  size_t name_bytes = 255;
  size_t meta_bytes = 512;
  /// Bytes of a datagram that is sent (memberlist: 1400). What is larger goes over a
  /// stream.
  size_t datagram_bytes = 1'400;
  /// Bytes that a compressed datagram may become; beyond, it is refused.
  size_t inflated_bytes = 262'144;
  /// Compound and compressed messages within each other; beyond, they are refused.
  size_t nesting = 4;
  /// Messages in one datagram; the rest is refused.
  size_t messages = 1'024;
  /// Broadcasts waiting, of members and of services each; beyond, the one that was
  /// sent most often is dropped.
  size_t broadcasts = 4'096;
  /// Pings under way for others; beyond, requests are ignored and count as no answer.
  size_t relays = 256;
  /// Bytes of one stream, as it came and inflated (memberlist: 20 MiB and 40 MiB);
  /// beyond, it is closed.
  size_t stream_bytes = 16'777'216;
  /// Bytes held by all streams that peers opened; beyond, the stream that brings more
  /// is closed.
  size_t streams_bytes = 33'554'432;
  /// Streams that peers may have open; beyond, new ones are closed at once
  /// (memberlist: 128).
  size_t streams_in = 128;
  /// Streams that we have open at once, probes aside; others wait.
  size_t streams_out = 8;
  /// Large messages that wait to be streamed to members; beyond, new ones are dropped:
  /// state exchanges and the next renewal bring what is missing.
  size_t larges = 100'000;
  /// Services known; beyond, new ones of others are ignored and own ones fail with
  /// `errc::limit_exceeded`.
  size_t services = 10'000;
  /// Nodes of one service; beyond, new ones are ignored or fail likewise.
  size_t nodes_per_service = 4'096;
  /// Bytes of all records that others told, as JSON; beyond, new nodes are ignored.
  size_t record_bytes = 67'108'864;
  /// Nodes deregistered, expired or lost lately and still remembered, so that an
  /// older message can't bring them back; beyond, the oldest is forgotten.
  size_t tombstones = 65'536;
  /// Lookups and lists that wait for the first join; beyond, they fail with
  /// `errc::overloaded`.
  size_t pending = 10'000;
  /// Direct messages to members that do not pass broadcasts on, in one round; the
  /// others follow in the next rounds.
  size_t direct_per_round = 64;
  /// Direct messages waiting; beyond, new ones are dropped: the next renewal is sent
  /// again.
  size_t directs = 16'384;
};

/// Longest lease that is believed. A message that claims more is refused: whoever sent
/// it would own the node's name until then.
constexpr std::chrono::hours max_lease{24};

/// Lease of a record that came without one: in the state exchange of a Go Micro node.
/// Three of its default renewals.
constexpr std::chrono::seconds adopted_lease{90};

/// Lease that is told of nodes registered without one, and how often it is renewed;
/// they would outlive their process otherwise.
constexpr std::chrono::seconds endless_lease{90};
constexpr std::chrono::seconds endless_renewal{30};

/// How long an equal order to delete that bears no time is taken for a repetition.
constexpr std::chrono::seconds repetition_time{2};

/// How far the wall clocks of two hosts may be apart. A node that was deregistered is
/// remembered for what its lease had left and as long as this, so that no message under
/// way, late or replayed, can bring it back.
constexpr std::chrono::seconds max_skew{60};

/// Between two objections to what others say about our nodes.
constexpr std::chrono::seconds objection_pause{1};

/// Unreached seeds are tried again after `join_first`, doubling up to `join_most`.
constexpr std::chrono::milliseconds join_first{1'000};
constexpr std::chrono::milliseconds join_most{30'000};

/// How long lookups wait for the first join.
constexpr std::chrono::milliseconds join_patience{2'000};

/// Time for a whole stream, connecting included (memberlist's LAN settings).
constexpr std::chrono::milliseconds stream_time{10'000};

} // namespace mica::discovery::gossip
