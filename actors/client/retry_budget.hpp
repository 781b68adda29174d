// How many repetitions a service may be given: what fails must not be called twice as
// often for it.

#pragma once

#include <algorithm>
#include <chrono>

namespace mica::detail {

struct retry_budget_options {
  /// Repetitions that each call earns (Finagle's percentCanRetry).
  double ratio = 0.2;
  /// Repetitions a second for services that are called seldom (minRetriesPerSec).
  double per_second = 10;
  /// Repetitions that can be saved.
  double most = 1'000;
  /// Repetitions there are at first: ten seconds' worth.
  double initial = 100;
};

/// A token bucket, as in Finagle. What never left is repeated without it. Pure.
class retry_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;

  retry_budget() = default;

  explicit retry_budget(retry_budget_options options)
    : options_(options),
      tokens_(options.initial) {
    // nop
  }

  /// A call was made.
  void earn() noexcept {
    tokens_ = std::min(options_.most, tokens_ + options_.ratio);
  }

  /// True if one more repetition may be made; it counts then.
  bool spend(time_point now) noexcept {
    if (last_ != time_point{} && now > last_) {
      auto passed = std::chrono::duration<double>(now - last_).count();
      tokens_ = std::min(options_.most, tokens_ + options_.per_second * passed);
    }
    last_ = std::max(last_, now);
    if (tokens_ < 1)
      return false;
    tokens_ -= 1;
    return true;
  }

private:
  retry_budget_options options_;
  double tokens_ = options_.initial;
  /// Of the last `spend`.
  time_point last_ = {};
};

} // namespace mica::detail
