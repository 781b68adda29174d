// What a listener and its connections share.

#pragma once

#include "io/lane_atoms.hpp"
#include "io/lane_inbox.hpp"
#include "tls/session.hpp"

#include "mica/net/actors.hpp"
#include "mica/net/limits.hpp"
#include "mica/net/request_handler.hpp"
#include "mica/net/socket_layer.hpp"

#include <caf/actor.hpp>

#include <functional>
#include <memory>

namespace mica::net {

class server_connection;

/// Lives on the I/O lane, where all parties run: no locks.
struct listener_core {
  static constexpr auto never = time_point::max();
  /// The value of a deadline whose `expired_atom` is on its way.
  static constexpr auto passed = time_point::min();

  /// What `tell` passes on between two sweeps; the rest is counted.
  static constexpr size_t reports_per_sweep = 10;

  http_limits limits;
  http2_limits limits2;
  /// Null without TLS.
  std::shared_ptr<tls::server_context> tls;
  std::chrono::milliseconds handshake_time{0};
  std::shared_ptr<request_handler> handler;
  std::shared_ptr<socket_layer> sockets;
  std::shared_ptr<lane_inbox> inbox;
  listener_stats stats;
  /// See `listener_options::report`; may be null.
  std::function<void(const error&)> report;

  /// The listener while it lives.
  caf::actor listener;

  /// Time of the last sweep: connections measure in sweeps, so that no request
  /// costs a look at the clock. `slack` makes up for it: a deadline is never early
  /// and at most two sweeps late.
  time_point now{};
  std::chrono::nanoseconds slack{0};

  bool paused = false;
  bool draining = false;

  /// All connections, newest first.
  server_connection* first = nullptr;

  /// Reports what a peer did wrong.
  void tell(error why) noexcept;

  /// With each sweep: `tell` may speak again, and sums up what it kept back.
  void renew_reports() noexcept;

private:
  size_t reports_left = reports_per_sweep;
  size_t unreported = 0;
};

} // namespace mica::net
