// Counts what goes wrong, and tells of it without filling the log.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

namespace mica::broker {

/// One kind of trouble. Tells the first case at once, then at most one line per
/// `period`, with how many more there were. Thread-safe.
class tally {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using report_function = std::function<void(const std::string& line)>;

  static constexpr auto period = std::chrono::seconds{10};

  /// @param report may be null; is called with nothing locked by us.
  explicit tally(report_function report) : report_(std::move(report)) {
    // nop
  }

  /// Tells what was counted since the last line.
  ~tally() {
    if (untold_ > 0 && report_)
      report_(last_ + more(untold_ - 1));
  }

  tally(const tally&) = delete;
  tally& operator=(const tally&) = delete;

  /// @param line what happened, for the log.
  void add(const std::string& line, time_point now) {
    std::string told;
    {
      std::lock_guard guard{mtx_};
      ++count_;
      if (begun_ && now - told_at_ < period) {
        ++untold_;
        last_ = line;
        return;
      }
      begun_ = true;
      told_at_ = now;
      told = line + more(untold_);
      untold_ = 0;
    }
    if (report_)
      report_(told);
  }

  /// Cases so far.
  uint64_t count() const {
    std::lock_guard guard{mtx_};
    return count_;
  }

private:
  static std::string more(uint64_t count) {
    return count == 0 ? "" : " (and " + std::to_string(count) + " more before that)";
  }

  const report_function report_;
  mutable std::mutex mtx_;
  uint64_t count_ = 0;
  uint64_t untold_ = 0;
  bool begun_ = false;
  time_point told_at_{};
  std::string last_;
};

} // namespace mica::broker
