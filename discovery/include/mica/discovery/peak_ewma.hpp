// A mean of latencies that believes the worst at once and forgets it slowly.

#pragma once

#include <chrono>
#include <cmath>

namespace mica::discovery {

/// Exponentially weighted by time; a value above the mean replaces it (Finagle's
/// PeakEwma). Without values it decays towards zero, so that a node that was slow is
/// tried again.
class peak_ewma {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// After that long a value counts for 1/e.
  static constexpr std::chrono::nanoseconds decay_time = std::chrono::seconds{10};

  void observe(std::chrono::nanoseconds value, time_point now) noexcept {
    auto x = static_cast<double>(value.count());
    auto weight = remaining(now);
    mean_ = x > mean_ ? x : mean_ * weight + x * (1 - weight);
    at_ = now;
  }

  /// In nanoseconds; zero if nothing was observed.
  double value(time_point now) const noexcept {
    return mean_ <= 0 ? 0 : mean_ * remaining(now);
  }

private:
  double remaining(time_point now) const noexcept {
    // A clock that jumps back decays nothing.
    auto passed = now > at_ ? std::chrono::duration<double>(now - at_).count() : 0.0;
    return std::exp(-passed / std::chrono::duration<double>(decay_time).count());
  }

  double mean_ = 0;
  time_point at_ = {};
};

} // namespace mica::discovery
