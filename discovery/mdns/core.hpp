// The mdns registry without its socket, its clock and its actor.

#pragma once

#include "memory/book.hpp"

#include "mdns/querier.hpp"
#include "mdns/responder.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mica::discovery::mdns {

struct core_options {
  /// Without dots around it.
  std::string domain = "micro";
  /// Target of SRV records: a name for this machine.
  std::string host = "mica";
  /// How long a lookup waits for answers at most.
  std::chrono::milliseconds timeout{100};
  /// The group's port.
  uint16_t port = 5353;
  /// Seeds message ids and jitter.
  uint32_t seed = 0;
  mdns_limits limits;
};

/// What was received and not used, since the start.
struct core_counters {
  uint64_t datagrams = 0;
  /// From addresses that belong to none of our links (RFC 6762 section 11).
  uint64_t off_link = 0;
  uint64_t over_rate = 0;
  /// No DNS message; `last_failure` says what was wrong with the last one.
  uint64_t malformed = 0;
  std::string last_failure;
};

/// Owns what this process registered and what it knows of others. Pure: datagrams,
/// links and time are arguments; what is to be sent or answered stands in outcomes.
/// Not thread-safe. Time never runs backwards.
class core {
public:
  explicit core(core_options options);

  /// The links to speak on, and the port that queries are sent from.
  void links(std::vector<link> now_up, uint16_t query_port, time_point now);

  /// Adds or renews nodes; on return, queries for them are answered.
  /// @param ttl zero means without end.
  expected<void> add(const service_record& record, std::chrono::nanoseconds ttl,
                     time_point now, outcome& out);

  void remove(const service_record& record, time_point now, outcome& out);

  /// Says goodbye for every own node.
  void farewell(outcome& out);

  /// See `querier`. The end of a lookup is a `looked_up`: its result is `current`.
  expected<void> lookup(uint64_t ticket, const std::string& service, time_point now,
                        outcome& out);
  expected<void> list(uint64_t ticket, time_point now, outcome& out);
  expected<void> watch(const std::string& service, time_point now, outcome& out);
  void unwatch(const std::string& service);

  /// True if a watcher that joins may be shown `current` at once; else the service
  /// will be in `changed` soon.
  bool settled(const std::string& service) const {
    return querier_.settled(service);
  }

  /// What is known of a service, own nodes included.
  snapshot current(const std::string& service) const {
    return book_.get(service);
  }

  /// The services of a finished list: own ones by version, those of others by name,
  /// and by version where it is known. Without nodes.
  std::vector<service_record> services(const std::set<std::string>& others) const;

  /// Takes a datagram: answers a query, or learns from a response.
  void receive(datagram from, time_point now, outcome& out);

  /// Does what is due.
  void tick(time_point now, outcome& out);

  /// When `tick` has something to do next.
  std::optional<time_point> next() const;

  /// No query could be sent: ends what waits for answers.
  void give_up(outcome& out) {
    querier_.give_up(out);
  }

  const core_counters& counters() const noexcept {
    return counters_;
  }

private:
  bool on_link(datagram& from) const;
  bool own_address(const ip_address& x) const;
  void learn(sighting x, const datagram& from, time_point now, outcome& out);
  void expire(time_point now, outcome& out);
  void mark(const std::string& service, outcome& out) const;

  core_options options_;
  name_scheme names_;
  responder responder_;
  querier querier_;
  /// Own nodes and others'.
  memory::book book_;
  /// Ids of own nodes by service; no set is empty.
  std::map<std::string, std::set<std::string>> own_;
  /// Nodes deregistered a moment ago: service and id.
  std::map<std::pair<std::string, std::string>, time_point> tombstones_;
  std::vector<link> links_;
  uint16_t query_port_ = 0;
  source_limiter received_;
  core_counters counters_;
};

} // namespace mica::discovery::mdns
