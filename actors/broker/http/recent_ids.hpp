// Which events came lately.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mica::broker::http {

/// What tells events apart: `Micro-Id` and the body. (Go Micro's gRPC client may pass
/// on the Micro-Id of a call, which is no id of an event: `7`.) Empty without an id.
std::string event_key(std::string_view micro_id, std::string_view body);

/// Keys that were added, for a time and up to a number; the oldest goes first.
class recent_ids {
public:
  using time_point = std::chrono::steady_clock::time_point;

  recent_ids(size_t most, std::chrono::nanoseconds time);

  /// Empty keys are not kept.
  void add(const std::string& key, time_point now);

  bool contains(const std::string& key, time_point now);

  size_t size() const noexcept {
    return since_.size();
  }

private:
  void forget(time_point now);

  size_t most_;
  std::chrono::nanoseconds time_;
  std::unordered_map<std::string, time_point> since_;
  std::deque<std::pair<time_point, std::string>> order_;
};

} // namespace mica::broker::http
