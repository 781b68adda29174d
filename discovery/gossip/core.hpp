// The gossip registry without its sockets, its clocks and its actor.

#pragma once

#include "gossip/catalog.hpp"
#include "gossip/joiner.hpp"
#include "gossip/streams.hpp"

#include <set>
#include <string>
#include <vector>

namespace mica::discovery::gossip {

struct core_options {
  swim_options swim;
  /// `host:port` each.
  std::vector<std::string> seeds;
};

/// A seed's name that is to be resolved.
struct name_question {
  size_t seed = 0;
  std::string name;
};

/// What a step of the core asks for. Steps append.
struct outcome {
  std::vector<packet> packets;
  std::vector<stream_order> streams;
  std::vector<name_question> names;
  /// Services of which a watcher should see the snapshot.
  std::set<std::string> changed;
  /// Members that came or went: for the log.
  std::vector<member_event> members;
};

/// Owns a member's view of the cluster and of its services. Pure: datagrams, bytes of
/// streams and time are arguments; what is to be sent or told stands in outcomes. Not
/// thread-safe.
class core {
public:
  /// Fails with `errc::invalid_argument` for options that can't be.
  static expected<std::unique_ptr<core>> make(core_options options, moment at);

  /// See `catalog`. What is new is sent to a few members at once.
  expected<void> add(const service_record& record, std::chrono::nanoseconds ttl,
                     moment at, outcome& out);
  void remove(const service_record& record, moment at, outcome& out);

  /// Says goodbye to all members.
  void farewell(moment at, outcome& out);

  /// False while the first join is under way: others may know more soon.
  bool settled(moment at) const {
    return !joiner_.busy(at.now);
  }

  /// What is known of a service. `stale_for` is set while everybody else who had a part
  /// in it seems dead: it may be us who is cut off.
  snapshot current(const std::string& service, moment at) const;

  std::vector<service_record> services() const {
    return catalog_.list();
  }

  /// Why it may not be true that nobody has a service: no seed answers, or all others
  /// seem dead. None if there is no doubt.
  mica::error doubt() const;

  void receive(std::string_view datagram, const host_port& from, moment at,
               outcome& out);
  void accepted(stream_id id, moment at, outcome& out);
  void received(stream_id id, std::string_view bytes, moment at, outcome& out);
  void ended(stream_id id, const mica::error& why, moment at, outcome& out);
  void resolved(size_t seed, const std::vector<ip_address>& hosts,
                const std::string& why, moment at, outcome& out);

  /// Does what is due.
  void tick(moment at, outcome& out);

  /// When `tick` has something to do next.
  time_point next() const;

  const membership& members() const noexcept {
    return membership_;
  }

  const catalog& records() const noexcept {
    return catalog_;
  }

  const stream_table& streams() const noexcept {
    return streams_;
  }

private:
  core(core_options options, joiner seeds, moment at);

  void join(moment at, outcome& out);
  void carry_out(swim_outcome& from, moment at, outcome& out);
  void carry_out(catalog_outcome& from, outcome& out);
  void carry_out(std::vector<stream_event>& events, moment at, outcome& out);
  void take_answer(stream_event& x, moment at, outcome& out);
  void take_question(stream_event& x, moment at, outcome& out);
  void merge(const push_pull& x, moment at, outcome& out, mica::error& failed);
  void open(stream_purpose purpose, std::string text, time_point deadline, moment at,
            outcome& out);
  push_pull local_state(bool join, moment at) const;
  void tell(news& x);
  void send_directly(outcome& out);
  void send_larges(moment at, outcome& out);
  void look_around(moment at, outcome& out);

  membership membership_;
  catalog catalog_;
  stream_table streams_;
  joiner joiner_;
  /// Own news for members that pass none on: name and bytes.
  std::deque<std::pair<std::string, std::string>> directs_;
  time_point next_direct_;

  /// Own news that need streams, by name, and the members that wait for it.
  struct large {
    std::string bytes;
    std::set<std::string> members;
  };

  std::map<std::string, large> larges_;
  size_t larges_waiting_ = 0;
  /// Since when everybody else seems dead.
  std::optional<time_point> alone_since_;
  bool somebody_died_ = false;
};

/// Tells other mica processes that this one passes news on.
constexpr std::string_view mica_meta = "mica/1";

} // namespace mica::discovery::gossip
