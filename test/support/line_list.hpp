// Lines that a program part reports, e.g. to a log.

#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace mica::test {

/// Takes lines from any thread.
class line_list {
public:
  void add(const std::string& line) {
    std::lock_guard guard{mutex_};
    lines_.push_back(line);
    changed_.notify_all();
  }

  std::vector<std::string> get() const {
    std::lock_guard guard{mutex_};
    return lines_;
  }

  /// True if `text` stands in a line.
  bool has(const std::string& text) const {
    std::lock_guard guard{mutex_};
    return contains(text);
  }

  /// True as soon as `text` stands in a line; false if it does in none within `limit`.
  bool await(const std::string& text, std::chrono::milliseconds limit) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return contains(text); });
  }

private:
  bool contains(const std::string& text) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& x) {
      return x.find(text) != std::string::npos;
    });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

} // namespace mica::test
