// The I/O threads on which a service is called.

#pragma once

#include "mica/net/listener.hpp"
#include "runtime/runtime.hpp"
#include "server/dispatcher.hpp"

#include <caf/timespan.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::detail {

/// One I/O thread that serves: an actor system, a dispatcher and a listener.
struct server_lane {
  /// Null for the first lane: that of the service itself.
  std::unique_ptr<runtime> own;
  caf::actor_system* system;
  std::shared_ptr<dispatcher> dispatch;
  net::listener_actor listener = {};
};

/// All lanes of a service. The first is that of the service's own actor system, with
/// its client and registry; the others only serve. CAF has one I/O thread per actor
/// system, so each lane is one (docs/adr/0008-lanes.md).
class server_lanes {
public:
  /// @param home of the first lane; outlives this.
  explicit server_lanes(runtime& home);
  server_lanes(const server_lanes&) = delete;
  server_lanes& operator=(const server_lanes&) = delete;

  /// Waits for every actor of every lane before the first of their systems ends: they
  /// hold each other's handles. @pre `end` was called
  ~server_lanes();

  /// Makes `count` lanes with a dispatcher each. Once. @pre `count > 0`
  void open(size_t count, const std::shared_ptr<server_environment>& env,
            const stream_bounds& bounds);

  bool empty() const noexcept {
    return lanes_.empty();
  }

  const std::vector<server_lane>& all() const noexcept {
    return lanes_;
  }

  /// @pre `!empty()`
  dispatcher& first() const noexcept {
    return *lanes_.front().dispatch;
  }

  void set_ready(bool ready);

  using spawn_function = std::function<expected<net::listener_actor>(
      caf::actor_system&, net::listener_options)>;

  /// Listens on all lanes, on one address; returns it. Fails as `spawn` and
  /// `net::listener_actor`.
  expected<std::string> listen(const spawn_function& spawn,
                               const net::listener_options& options);

  /// Accepts no more on any lane and waits for what is under way; false if some of it
  /// was reset after `limit`.
  bool drain(caf::timespan limit);

  /// Ends the listeners.
  void close();

  /// Ends the handlers.
  void end();

private:
  runtime& home_;
  std::vector<server_lane> lanes_;
};

} // namespace mica::detail
