// How much of what costs the peer nothing a connection puts up with.

#pragma once

#include "http2/frame_scanner.hpp"

#include "mica/net/limits.hpp"

#include <chrono>
#include <cstdint>

namespace mica::net::http2 {

/// So many events at once, so many a second. Time is an argument.
class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param burst events that a full bucket lets pass at once.
  token_bucket(size_t burst, size_t per_second);

  /// Fills by the time that has passed.
  void refill(time_point now) noexcept;

  /// Gives `events` back, never above the burst.
  void give(size_t events) noexcept;

  /// Takes `events`; false once there are too few left.
  [[nodiscard]] bool take(size_t events) noexcept;

private:
  // In millionths of an event, so that no fraction is lost between two refills.
  int64_t full_;
  int64_t rate_;
  int64_t left_;
  time_point filled_{};
};

/// Counts what a peer can send without end while its cost is ours (RFC 9113, 10.5).
/// Pure. Two budgets, each a bucket:
///
/// - `resets`: streams that come to nothing: RST_STREAM from the peer on a stream that
///   is not answered yet (CVE-2023-44487), and errors of the peer's that make us reset
///   one (CVE-2025-8671). 1 each.
/// - `control_frames`: SETTINGS 10, empty DATA without END_STREAM 10, padded DATA,
/// PING,
///   PRIORITY, RST_STREAM, WINDOW_UPDATE and frames of unknown types 1 each. Work gives
///   back: a stream opened 4, a DATA frame with payload 2, in either direction. A DATA
///   frame of ours that the peer's window cut below 1 KiB gives nothing: windows opened
///   by the octet.
class abuse_meter {
public:
  using time_point = token_bucket::time_point;

  explicit abuse_meter(const http2_limits& limits);

  /// What follows happens at `now`.
  void at(time_point now) noexcept;

  // Each returns false if the budget is used up: the connection ends with
  // ENHANCE_YOUR_CALM.

  [[nodiscard]] bool received(const frame_head& frame) noexcept;
  [[nodiscard]] bool wasted_stream() noexcept;

  void opened_stream() noexcept;

  /// @param cut by the peer's window: more was there to be sent.
  void sent_data(size_t bytes, bool cut) noexcept;

private:
  token_bucket resets_;
  token_bucket control_;
};

} // namespace mica::net::http2
