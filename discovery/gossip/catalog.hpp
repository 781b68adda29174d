// Go Micro's registry on top of a cluster: who offers what, as told by its members.

#pragma once

#include "gossip/limits.hpp"
#include "gossip/state_text.hpp"
#include "gossip/update.hpp"
#include "memory/book.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mica::discovery::gossip {

/// A point in time, by both clocks. The wall clock may jump, `now` may not.
struct moment {
  std::chrono::steady_clock::time_point now;
  /// Since 1970.
  std::chrono::nanoseconds wall{0};
};

/// Something that others should hear.
struct news {
  /// What it is about: newer news of the same name replace it.
  std::string name;
  std::string bytes;
  /// We are the first to tell; else it is passed on.
  bool own = false;
};

/// What a step asks for. Steps append.
struct catalog_outcome {
  std::vector<news> to_tell;
  /// Services whose snapshot changed.
  std::set<std::string> changed;
};

/// What was heard and not used, since the start.
struct catalog_counters {
  /// No update of Go Micro's, or not one of a service that can be read.
  uint64_t broken = 0;
  /// Older than what was known: usual, because everything is told several times.
  uint64_t repeated = 0;
  /// Claims of others about our nodes.
  uint64_t foreign = 0;
  /// A lease that had ended when it came, or longer than `max_lease`: a clock is wrong.
  uint64_t bad_lease = 0;
  /// Over a limit.
  uint64_t refused = 0;
  std::string last_failure;
};

/// Records of this process and of others, each with the stamp of its registration: the
/// end of its lease by the clock of who registered it. Of two messages about a node the
/// one with the later stamp is the truth, in whatever order they come. Pure; not
/// thread-safe.
class catalog {
public:
  /// @param member our name in the cluster.
  catalog(std::string member, gossip_limits limits);

  /// Adds or renews own nodes.
  /// @param ttl zero: until `remove`; what others hear is a lease that is renewed.
  /// Fails with `errc::invalid_argument` or `errc::limit_exceeded`.
  expected<void> put(const service_record& record, std::chrono::nanoseconds ttl,
                     moment at, catalog_outcome& out);

  /// Removes nodes, own or not.
  void remove(const service_record& record, moment at, catalog_outcome& out);

  /// Takes a user message of the cluster.
  void receive(std::string_view bytes, moment at, catalog_outcome& out);

  /// Everything that is known, for a state exchange.
  std::string state(moment at) const;

  /// Takes the other side's.
  void merge(std::string_view state, moment at, catalog_outcome& out);

  /// A member left or died: what was its is no longer there.
  void drop_member(const std::string& name, moment at, catalog_outcome& out);

  /// A member is back: what was its may come back too.
  void welcome_member(const std::string& name);

  /// Tells all own nodes again.
  void announce(moment at, catalog_outcome& out);

  /// Messages that take all own nodes away.
  std::vector<std::string> farewell(moment at);

  /// Does what is due.
  void tick(moment at, catalog_outcome& out);

  /// When `tick` has something to do next.
  std::optional<std::chrono::steady_clock::time_point> next() const;

  snapshot current(const std::string& service) const {
    return book_.get(service);
  }

  std::vector<service_record> list() const;

  /// Services of which others have nodes.
  std::set<std::string> foreign_services() const;

  bool has_foreign(const std::string& service) const;

  const catalog_counters& counters() const noexcept {
    return counters_;
  }

private:
  using time_point = std::chrono::steady_clock::time_point;

  /// Service and node id.
  using key = std::pair<std::string, std::string>;

  struct entry {
    uint64_t stamp = 0;
    std::string version;
    /// Whose it is, by its word; ours for own nodes.
    std::string member;
    bool own = false;
    /// Nothing: an own node without a lease.
    std::optional<time_point> expires;
    /// Share of the record's JSON, for foreign ones.
    size_t bytes = 0;
    /// When this registration came.
    time_point since;
  };

  struct tombstone {
    uint64_t stamp = 0;
    time_point until;
    /// Set if the node went because this member did.
    std::string member;
  };

  /// Own nodes of one version with leases of the same length.
  struct own_group {
    service_record record;
    std::optional<time_point> expires;
  };

  // catalog.cpp: what is registered here
  void tell(const own_group& group, moment at, catalog_outcome& out);
  uint64_t new_stamp(const service_record& record, std::chrono::nanoseconds ttl,
                     moment at) const;
  std::vector<own_group> own_groups() const;
  void set(const key& k, entry x);
  void forget(const key& k);
  void bury(const key& k, uint64_t stamp, moment at, const std::string& member = {});
  void expire(moment at, catalog_outcome& out);

  // hearsay.cpp: what others say
  void hear_create(const update& x, service_record record, std::string_view bytes,
                   moment at, catalog_outcome& out);
  void hear_remove(update x, const service_record& record, std::string_view bytes,
                   moment at, catalog_outcome& out);
  std::optional<std::chrono::nanoseconds>
  lease(uint64_t stamp, std::optional<std::chrono::milliseconds> left, moment at);
  bool adopt(service_record record, uint64_t stamp, const std::string& member,
             std::chrono::nanoseconds lease, moment at, catalog_outcome& out);
  bool newer(const key& k, uint64_t stamp) const;
  bool room_for(const key& k, size_t bytes) const;
  time_point first_heard(std::string_view bytes, moment at);
  void refuse(uint64_t& counter, std::string why);

  std::string member_;
  gossip_limits limits_;
  memory::book book_;
  std::map<key, entry> known_;
  std::set<std::pair<time_point, key>> deadlines_;
  /// Nodes of each service; none is zero.
  std::map<std::string, size_t> nodes_;
  size_t foreign_bytes_ = 0;
  std::map<key, tombstone> graves_;
  std::set<std::pair<time_point, key>> grave_ends_;
  /// Hash of an order to delete that bears no stamp, and when it was first heard.
  std::unordered_map<size_t, time_point> deletions_;
  /// When own nodes without a lease are told again.
  std::optional<time_point> renew_at_;
  /// When own nodes are told again because others doubt them, and no sooner.
  std::optional<time_point> object_at_;
  time_point object_after_;
  catalog_counters counters_;
};

/// Name of news about the nodes of a record.
std::string about(const service_record& record);

} // namespace mica::discovery::gossip
