// Keeps a hostile or flapping neighbour from filling the log.

#pragma once

#include <chrono>
#include <set>
#include <string>

namespace mica::discovery {

/// Lets a line through once a minute, and 20 lines a minute in all. Without clock.
class report_limiter {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr auto period = std::chrono::seconds{60};
  static constexpr size_t lines_per_period = 20;

  /// True if the line may be shown now.
  bool admit(const std::string& line, time_point now) {
    if (now - begin_ >= period) {
      begin_ = now;
      shown_.clear();
    }
    if (shown_.size() >= lines_per_period)
      return false;
    return shown_.insert(line).second;
  }

private:
  time_point begin_{};
  std::set<std::string> shown_;
};

} // namespace mica::discovery
