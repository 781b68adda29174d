// The base of connections that other threads send to.

#pragma once

#include "io/stream_command.hpp"

#include "mica/net/lane.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace mica::net {

class lane_inbox;

/// A connection on the I/O lane that takes commands about its requests and streams:
/// from other threads by its inbox, from within its own callbacks straight.
class lane_connection : public net_broker {
public:
  lane_connection(caf::actor_config& cfg, std::shared_ptr<lane_inbox> inbox);
  ~lane_connection() override;

  /// Null if `x` is another kind of actor. Any thread.
  static lane_connection* of(const caf::actor& x) noexcept;

  /// Any thread.
  const std::shared_ptr<lane_inbox>& inbox() const noexcept {
    return inbox_;
  }

  /// Takes a command; `settle` draws the conclusions. Lane only.
  virtual void apply(uint64_t stream, stream_command&& what) noexcept = 0;

  /// Writes, and whatever else follows from commands. Lane only.
  virtual void settle() noexcept = 0;

  /// True while this thread runs a callback of this connection, which settles itself
  /// at the end. Any thread.
  bool active() const noexcept {
    return active_connection == this;
  }

protected:
  /// Marks this connection as active for a scope.
  class active_scope {
  public:
    explicit active_scope(lane_connection& which)
      : before_(std::exchange(active_connection, &which)) {
      // nop
    }
    active_scope(const active_scope&) = delete;
    active_scope& operator=(const active_scope&) = delete;
    ~active_scope() {
      active_connection = before_;
    }

  private:
    const lane_connection* before_;
  };

private:
  static thread_local const lane_connection* active_connection;

  const std::shared_ptr<lane_inbox> inbox_;
};

/// Applies `what` at once if the connection is active, else by its inbox.
void command(lane_connection& to, const caf::actor& handle, uint64_t stream,
             stream_command&& what);

} // namespace mica::net
