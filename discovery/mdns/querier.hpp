// The asking half of mdns: services that others run.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include "mdns/limits.hpp"
#include "mdns/names.hpp"
#include "mdns/packet.hpp"

#include <list>
#include <map>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

namespace mica::discovery::mdns {

/// What a received message says about one node of a service that is asked for.
struct sighting {
  /// With one node; it has no address if the node said goodbye.
  service_record record;
  /// Seconds; 0 is a goodbye.
  uint32_t ttl = 0;
  /// The content is what this node said before.
  bool unchanged = false;
};

/// Answers being waited for.
struct collection {
  time_point ends;
  /// The latest value of `ends`.
  time_point limit;
  /// When to ask a second time if nothing was heard.
  std::optional<time_point> repeats;
  bool answered = false;
  /// Lookups or lists that end with it.
  std::vector<uint64_t> tickets;
};

/// Asks for services, remembers who asks for what, and reads the answers. Pure: time
/// and messages are arguments. Not thread-safe.
///
/// Only services that were looked up or are watched count; all others' announcements
/// cost a comparison of names.
class querier {
public:
  querier(const name_scheme& names, const mdns_limits& limits,
          std::chrono::milliseconds timeout, uint32_t seed);

  /// Starts a lookup. Its end is in an outcome: at once if `service` was asked for
  /// before and `live`, when the answers cease, or when the timeout passed.
  ///
  /// Answers cease when one came and a quarter of the timeout passed without another;
  /// responders answer at once. `own`: a node of this process counts as an answer.
  /// Fails with `errc::invalid_argument` for what can't be a name and at the limits.
  expected<void> lookup(uint64_t ticket, const std::string& service, bool live,
                        bool own, time_point now, outcome& out);

  /// Starts a list of all services, in the same way.
  expected<void> list(uint64_t ticket, bool own, time_point now, outcome& out);

  /// Starts to keep up with a service: its first collection, then queries with
  /// growing gaps. Counted: each call needs its `unwatch`. The service is in
  /// `changed` when the first collection is over.
  expected<void> watch(const std::string& service, bool own, time_point now,
                       outcome& out);

  void unwatch(const std::string& service);

  /// True if `service` is watched and its first collection is over.
  bool settled(const std::string& service) const;

  /// Takes a response. Returns what it says about services asked for.
  std::vector<sighting> receive(const message& response, const datagram& from,
                                time_point now, outcome& out);

  /// Forgets what was learnt about a node.
  void forget(const std::string& service, const std::string& id);

  /// Ends what is due, sends queries that are due. Returns services that nobody asked
  /// for since `interest_time`: they are forgotten.
  std::vector<std::string> tick(time_point now, outcome& out);

  /// When `tick` has something to do next.
  std::optional<time_point> next() const {
    return next_;
  }

  /// Ends lookups and lists at once: no query can be sent.
  void give_up(outcome& out);

private:
  struct known_node {
    std::string text;
    host_port address;
    service_record record;
    time_point expires;
  };

  struct interest {
    std::map<std::string, known_node> nodes;
    std::optional<collection> collecting;
    size_t watchers = 0;
    /// A collection came to its end since the service is asked for.
    bool settled = false;
    time_point last_query;
    /// The next query for watchers, and the gap behind it.
    time_point next_query;
    std::chrono::milliseconds gap{};
    time_point last_use;
    std::list<std::string>::iterator place;
  };

  interest* find(const std::string& service);
  expected<interest*> use(const std::string& service, time_point now);
  bool make_room(time_point now);
  void drop(const std::string& service);
  void collect(const std::string& name, std::optional<collection>& to, bool own,
               time_point now, outcome& out);
  void heard(std::optional<collection>& of, time_point now);
  void ask(const std::string& name, rr_type type, outcome& out);
  void wake(time_point at);
  std::chrono::milliseconds jittered(std::chrono::milliseconds x);

  void read_node(const message& response, const record& srv, const datagram& from,
                 time_point now, outcome& out, std::vector<sighting>& to);
  std::optional<sighting> read_known(const std::string& service, interest& of,
                                     const std::string& id, const message& response,
                                     const record& srv, const datagram& from,
                                     time_point now, outcome& out);
  void read_listed(const message& response, time_point now);
  void follow_up(const std::string& instance, time_point now, outcome& out);
  void end_collections(time_point now, outcome& out);

  name_scheme names_;
  mdns_limits limits_;
  std::chrono::milliseconds timeout_;
  std::minstd_rand random_;
  std::unordered_map<std::string, interest> interests_;
  // Least recently used first.
  std::list<std::string> order_;
  std::vector<std::string> evicted_;
  std::optional<collection> listing_;
  std::set<std::string> listed_;
  std::map<std::string, time_point> followed_;
  std::optional<time_point> next_;
  size_t pending_ = 0;
  size_t text_bytes_ = 0;
};

} // namespace mica::discovery::mdns
