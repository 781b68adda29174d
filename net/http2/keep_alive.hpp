// When a silent peer is asked whether it is still there.

#pragma once

#include "mica/net/limits.hpp"

#include <chrono>

namespace mica::net::http2 {

/// Decides on PING frames (RFC 9113, 6.7). Pure.
///
/// A peer that answers and says nothing else is asked half as often each time, down to
/// an eighth: gRPC's servers end a connection whose client asks three times in less
/// than five minutes each.
class keep_alive {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit keep_alive(const http2_limits& limits);

  enum class action : uint8_t { none, ping, give_up };

  /// Bytes came that are more than the answer to a PING.
  void on_received(time_point now) noexcept;

  void on_answer(time_point now) noexcept;

  /// Says what is due; `ping` counts as sent. @param wanted false while nobody would
  /// miss the peer.
  action expire(time_point now, bool wanted) noexcept;

  time_point due(bool wanted) const noexcept;

private:
  std::chrono::milliseconds interval() const noexcept;

  std::chrono::milliseconds ping_time_;
  std::chrono::milliseconds timeout_;
  time_point since_ = time_point::max();
  unsigned quiet_pings_ = 0;
  bool waiting_ = false;
};

} // namespace mica::net::http2
