// Who watches which service and what they know of it: what registries with a server of
// their own share.

#pragma once

#include "mica/discovery/actors.hpp"
#include "mica/discovery/records.hpp"

#include <caf/actor_addr.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mica::discovery {

/// Sends a snapshot to a service's watchers when it is news to them. Without clock.
class watcher_book {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The watcher is sent what is known.
  void add(const std::string& service, watcher_actor watcher);

  /// @returns the services that nobody watches any longer.
  std::vector<std::string> forget(const caf::actor_addr& watcher);

  bool empty() const noexcept {
    return services_.empty();
  }

  bool has(const std::string& service) const {
    return services_.find(service) != services_.end();
  }

  /// Something was heard of the service since it is watched.
  bool knows(const std::string& service) const;

  size_t size() const noexcept {
    return services_.size();
  }

  std::vector<std::string> services() const;

  /// The registry's server has just said so. @pre `has(service)`
  void confirm(const std::string& service, snapshot found, time_point now);

  /// The server does not answer: what is known of the service, or of each, is stale
  /// from now on, and counts from when it was confirmed last.
  void lose(const std::string& service, time_point now);
  void lose_all(time_point now);

private:
  struct entry {
    std::vector<watcher_actor> watchers;
    /// What the watchers know; nothing until the first answer.
    std::optional<snapshot> known;
    /// When `known` was last confirmed.
    time_point confirmed;
  };

  static void push(entry& x, snapshot found);
  static void lose(entry& x, time_point now);

  std::map<std::string, entry> services_;
};

} // namespace mica::discovery
