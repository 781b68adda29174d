// SWIM as memberlist speaks it: who is there, who is suspected, who is dead.

#pragma once

#include "gossip/broadcast_queue.hpp"
#include "gossip/member_table.hpp"
#include "gossip/stream.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mica::discovery::gossip {

struct swim_options {
  /// Unique in the cluster.
  std::string name;
  /// Where others reach us.
  host_port advertise;
  /// At most 512 bytes; told to all.
  std::string meta;
  wire_options wire;

  // As in memberlist's settings for a LAN, but for `gossip_interval`, which is Go
  // Micro's.

  /// Between two probes; also the time for all ways to answer one.
  milliseconds probe_interval{1'000};
  /// For a direct answer; above a round trip.
  milliseconds probe_timeout{500};
  /// Members asked to probe for us.
  size_t indirect_checks = 3;
  /// Probe over a stream too when datagrams bring no answer.
  bool stream_probes = true;
  milliseconds gossip_interval{100};
  /// Members told per `gossip_interval`.
  size_t gossip_nodes = 3;
  /// How long the dead are told about it, and remembered.
  milliseconds gossip_to_the_dead{30'000};
  /// Times the logarithm of the members: how often a broadcast is sent.
  int retransmit = 4;
  /// See `suspicion_timeout`; the longest one is `suspicion_most` times as long.
  int suspicion = 4;
  int suspicion_most = 6;
  /// Scores of `awareness`.
  int awareness_levels = 8;
  /// Between two state exchanges; 0: none.
  milliseconds push_pull{30'000};

  /// Seeds choices and numbers.
  uint32_t seed = 0;
};

/// A datagram to send.
struct packet {
  host_port to;
  std::string bytes;
};

/// A stream that is wanted.
struct stream_wish {
  enum class kind : uint8_t {
    /// A ping with number `seq` for `node`.
    probe,
    state_exchange,
  };

  kind what = kind::probe;
  host_port to;
  std::string node;
  uint32_t seq = 0;
  time_point deadline;
};

/// What happened to a member.
struct member_event {
  enum class kind : uint8_t {
    joined,
    updated,
    /// It said so itself.
    left,
    /// Others or we found it dead.
    died,
    /// Somebody found us dead; we objected, but others may have dropped what is ours.
    we_died,
  };

  kind what = kind::joined;
  std::string name;
};

/// What a step asks for. Steps append.
struct swim_outcome {
  std::vector<packet> packets;
  std::vector<stream_wish> streams;
  std::vector<member_event> events;
  /// User messages that came.
  std::vector<std::string> received;
};

/// What came and was not used, since the start.
struct swim_counters {
  uint64_t datagrams = 0;
  /// Not encrypted with a key of ours.
  uint64_t strangers = 0;
  /// Datagrams and parts of them that could not be read; `last_failure` says why the
  /// last one was not.
  uint64_t broken = 0;
  /// Alive messages ignored for lack of room, or because an address contradicts.
  uint64_t refused = 0;
  std::string last_failure;
};

/// One member's view of the cluster. Pure: datagrams and time are arguments, what is
/// to be sent stands in outcomes. Not thread-safe. Time never runs backwards.
class membership {
public:
  membership(swim_options options, time_point now);

  /// Takes a datagram.
  void receive(std::string_view datagram, const host_port& from, time_point now,
               swim_outcome& out);

  /// Does what is due.
  void tick(time_point now, swim_outcome& out);

  /// When `tick` has something to do next.
  time_point next() const;

  /// The state exchange: all members; `user` is left to the layer above.
  push_pull local_state(bool join) const;

  /// Takes the other side's members. Fails with `errc::conflict` if one speaks no
  /// version in common with the others: then nothing is taken.
  expected<void> merge(const std::vector<push_node>& others, time_point now,
                       swim_outcome& out);

  /// A probe over a stream was answered.
  void stream_answered(uint32_t seq);

  /// Queues a user message for everybody. See `broadcast_queue::add`.
  /// @pre `fits(bytes)`
  void broadcast(const std::string& name, std::string bytes);

  /// False if a user message needs a stream.
  bool fits(const std::string& bytes) const;

  /// A datagram for one member with a user message.
  /// @pre `fits(bytes)`
  void send(const member& to, const std::string& bytes, swim_outcome& out);

  /// Sends what is queued to a few members at once.
  void gossip(time_point now, swim_outcome& out);

  /// Says that we leave, with these user messages, to all members or to 256 of them;
  /// the others hear it from those.
  void leave(const std::vector<std::string>& last_words, swim_outcome& out);

  const swim_options& options() const noexcept {
    return options_;
  }

  const member_table& members() const noexcept {
    return table_;
  }

  /// Members alive or suspected, without ourselves.
  size_t others() const;

  int health_score() const noexcept {
    return awareness_.score();
  }

  const swim_counters& counters() const noexcept {
    return counters_;
  }

private:
  /// A member whose answer we wait for.
  struct probe {
    uint32_t seq = 0;
    std::string node;
    uint32_t incarnation = 0;
    time_point direct_until;
    time_point until;
    bool indirect = false;
    bool answered_by_stream = false;
    int nacks_expected = 0;
    int nacks = 0;
  };

  /// A ping for somebody else.
  struct relay {
    uint32_t seq = 0;
    uint32_t asked_seq = 0;
    host_port asker;
    bool nack = false;
    time_point until;
  };

  bool ours(const std::string& name) const {
    return name == options_.name;
  }

  member& self() {
    return *table_.find(options_.name);
  }

  // membership.cpp: what is said about members
  void take(const alive& x, time_point now, swim_outcome& out);
  void take(const suspect& x, time_point now);
  void take(const dead& x, time_point now, swim_outcome& out);
  bool acceptable(const alive& x, const member* known, bool& moved);
  void refute(uint32_t accused);
  void forget_doubt(member& x);
  void doubt(member& x, const suspect& claim, time_point now);
  void end_doubts(time_point now, swim_outcome& out);
  expected<void> check_versions(const std::vector<push_node>& others) const;

  // probing.cpp: pings and their answers
  void take(const ping& x, const host_port& from, swim_outcome& out);
  void take(const indirect_ping& x, const host_port& from, time_point now,
            swim_outcome& out);
  void take(const ack& x, swim_outcome& out);
  void take(const nack& x);
  void start_probe(time_point now, swim_outcome& out);
  void probe_indirectly(swim_outcome& out);
  void continue_probe(time_point now, swim_outcome& out);
  void end_probe();
  void fail_probe(time_point now);
  void end_relays(time_point now, swim_outcome& out);
  origin own_origin() const;
  host_port reply_address(const origin& said, const host_port& from) const;

  // dissemination.cpp: what is sent to whom
  std::vector<std::string> take_broadcasts(size_t used, size_t count);
  void send_plain(const host_port& to, const std::string& bytes,
                  const std::string& name, swim_outcome& out);
  void send_all(const member& to, const std::vector<std::string>& messages,
                swim_outcome& out);
  void start_push_pull(time_point now, swim_outcome& out);

  swim_options options_;
  member_table table_;
  awareness awareness_;
  broadcast_queue member_news_;
  broadcast_queue user_news_;
  std::set<std::pair<time_point, std::string>> doubts_;
  std::optional<probe> probe_;
  std::deque<relay> relays_;
  uint32_t last_seq_ = 0;
  time_point next_probe_;
  time_point next_gossip_;
  time_point next_push_pull_;
  bool leaving_ = false;
  swim_counters counters_;
};

} // namespace mica::discovery::gossip
