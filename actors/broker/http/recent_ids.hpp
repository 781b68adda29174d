// Which events came lately.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace mica::broker::http {

/// What tells events apart: hashes of `Micro-Id` and of the body. (Go Micro's gRPC
/// client may pass on the Micro-Id of a call, which is no id of an event: `7`.)
struct event_key {
  uint64_t id = 0;
  uint64_t body = 0;

  friend bool operator==(const event_key&, const event_key&) = default;
};

/// @pre `micro_id` is not empty
event_key key_of(std::string_view micro_id, std::string_view body);

struct event_key_hash {
  size_t operator()(const event_key& x) const noexcept {
    return x.id ^ x.body;
  }
};

/// Keys that were added, for a time and up to a number; the oldest goes first.
class recent_ids {
public:
  using time_point = std::chrono::steady_clock::time_point;

  recent_ids(size_t most, std::chrono::nanoseconds time);

  void add(const event_key& key, time_point now);

  bool contains(const event_key& key, time_point now);

private:
  void forget(time_point now);
  void forget_oldest();

  size_t most_;
  std::chrono::nanoseconds time_;
  std::unordered_set<event_key, event_key_hash> known_;
  std::deque<std::pair<time_point, event_key>> order_;
};

} // namespace mica::broker::http
