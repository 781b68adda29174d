// The memory registry without its actor.

#pragma once

#include "mica/discovery/records.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace mica::discovery::memory {

using time_point = std::chrono::steady_clock::time_point;

/// Records and their leases. Time comes in as an argument. Not thread-safe.
class book {
public:
  /// Adds or renews the nodes of `record` until `expires` (nothing: for ever) and
  /// makes its metadata and endpoints those of its version. A node that ran another
  /// version leaves it. Returns false if nobody can tell the difference.
  /// @pre `validate(record)` found nothing.
  bool put(service_record record, std::optional<time_point> expires);

  /// Moves the end of a lease and leaves the rest alone. False if `version` has no
  /// such node.
  bool renew(const std::string& service, const std::string& version,
             const std::string& id, std::optional<time_point> expires);

  /// Removes nodes by id, whatever version they run. Returns whether one was there.
  bool remove(const service_record& record);

  /// Removes what expired at `now` or before. Returns the services that changed.
  std::vector<std::string> expire(time_point now);

  /// When `expire` has something to do next.
  std::optional<time_point> next_expiry() const;

  /// Versions and nodes are sorted. Empty if nothing is known.
  snapshot get(const std::string& service) const;

  /// Every service and version with its nodes.
  std::vector<service_record> list() const;

  /// Services with at least one node.
  size_t size() const noexcept {
    return services_.size();
  }

  bool knows(const std::string& service) const {
    return services_.count(service) != 0;
  }

private:
  struct lease {
    node holder;
    std::optional<time_point> expires;
  };

  struct version_entry {
    labels metadata;
    std::vector<endpoint> endpoints;
    /// By node id. Never empty between calls.
    std::map<std::string, lease> leases;
  };

  /// By version. Never empty between calls.
  using service_entry = std::map<std::string, version_entry>;

  /// When which service has a node to lose: {time, service, node id}.
  using deadline = std::tuple<time_point, std::string, std::string>;

  static service_record to_record(const std::string& service,
                                  const std::string& version, const version_entry& x);

  /// Removes the leases for which `drop(version, lease)` holds.
  template <class Drop>
  bool prune(const std::string& service, service_entry& from, Drop drop);

  void set_expiry(const std::string& service, lease& x, std::optional<time_point> to);

  std::map<std::string, service_entry> services_;
  std::set<deadline> deadlines_;
};

} // namespace mica::discovery::memory
