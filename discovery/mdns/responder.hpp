// The answering half of mdns: the nodes that this process registered.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include "mdns/limits.hpp"
#include "mdns/names.hpp"
#include "mdns/packet.hpp"
#include "mdns/rate_limit.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace mica::discovery::mdns {

/// Answers queries for own nodes, announces them and says goodbye. Pure: time and
/// datagrams are arguments. Not thread-safe.
///
/// It does not probe: node ids are unique by themselves, and a probe would hold up the
/// registration by three quarters of a second (RFC 6762 section 8.1).
class responder {
public:
  /// @param host target of SRV records, a DNS name.
  responder(const name_scheme& names, std::string host, const mdns_limits& limits);

  /// The links to speak on. Announces again if they changed.
  void links(const std::vector<link>& now_up, time_point now);

  /// Adds or renews every node of `record`, or none: queries are answered at once.
  /// `ttl` zero means without end. Announces what is new or changed.
  ///
  /// Fails with `errc::invalid_argument` for what no DNS message can express, with
  /// `errc::limit_exceeded` for a node above one datagram or too many nodes.
  expected<void> add(const service_record& record, std::chrono::nanoseconds ttl,
                     time_point now);

  /// Removes a node and takes its records back. False if there is no such node.
  bool remove(const std::string& service, const std::string& id, outcome& out);

  /// Removes all.
  void farewell(outcome& out);

  /// Answers the questions of `query`, each with one packet per node, as Go Micro's
  /// querier needs it (wire reference 6).
  /// @param group_port source port of queriers that want multicast answers.
  void answer(const message& query, const datagram& from, uint16_t group_port,
              time_point now, outcome& out);

  /// Announces an own node again because a peer took its records back.
  void defend(const std::string& service, const std::string& id, time_point now);

  /// Sends what is due and removes nodes whose lease ended.
  void tick(time_point now, outcome& out);

  /// When `tick` has something to do next.
  std::optional<time_point> next() const {
    return next_;
  }

  bool owns(const std::string& service, const std::string& id) const {
    return instances_.count({service, id}) != 0;
  }

  /// `x`, or the first own address if that is unspecified.
  host_port reachable(host_port x) const;

private:
  struct instance {
    /// With one node.
    service_record content;
    host_port address;
    std::string name;
    std::string text;
    uint32_t ttl = default_ttl;
    std::optional<time_point> expires;
    /// Announcements made since the content changed, at most all of them.
    size_t announced = 0;
    time_point changed;
    time_point next;
    time_point last_defence;
    time_point last_multicast;
  };

  /// Service, then node id.
  using key = std::pair<std::string, std::string>;

  expected<instance> make(const service_record& record, const node& which) const;
  std::vector<record> records(const instance& x, uint32_t ttl, const link* via) const;
  void announce(const instance& x, uint32_t ttl, outcome& out) const;
  void send_to_links(const instance& x, uint32_t ttl, const link* via,
                     outcome& out) const;
  void schedule(instance& x, time_point at);
  void answer(const question& q, const message& query, const datagram& from,
              bool multicast, time_point now, outcome& out);
  void answer_service(const std::string& service, const question& q,
                      const message& query, const datagram& from, bool multicast,
                      time_point now, outcome& out);
  void reply(const question& q, const message& query, const datagram& from,
             bool multicast, std::vector<record> answers, time_point now, outcome& out);
  std::vector<std::string> services() const;
  const link* find_link(uint32_t index) const;

  name_scheme names_;
  std::string host_;
  mdns_limits limits_;
  std::vector<link> links_;
  std::map<key, instance> instances_;
  std::optional<time_point> next_;
  source_limiter per_source_;
  std::optional<token_bucket> all_;
};

} // namespace mica::discovery::mdns
