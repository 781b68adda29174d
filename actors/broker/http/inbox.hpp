// What came for one subscription and is not settled yet.

#pragma once

#include "broker/http/recent_ids.hpp"

#include "mica/actors/broker.hpp"
#include "mica/actors/http_broker.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mica::broker::http {

/// The receiving half of one subscription: pure, time comes in. A publisher's request
/// is open until its event was settled; at most `prefetch` are with the subscriber, the
/// rest waits here, up to the limits.
class inbox {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Stands for a request: whoever feeds the inbox knows which.
  using request = uint64_t;

  /// What is to be done about requests: answered with success, or with the error.
  struct answer {
    request to;
    expected<void> what;
  };

  /// To the subscriber. `from` is not set.
  using deliveries = std::vector<delivery>;

  inbox(const http_broker_options& options, size_t prefetch);

  /// Takes an event. Answers at once if it was settled before, or if there is no room;
  /// else when it is settled. One that is here already shares its answer.
  std::optional<answer> arrive(event_ptr what, request from, time_point now);

  /// Settles a delivery; numbers that are not open do nothing.
  std::vector<answer> settle(uint64_t tag, verdict how, time_point now);

  /// What the subscriber is to get now.
  deliveries take();

  /// No more deliveries: what waits is refused, what is with the subscriber may still
  /// be settled.
  std::vector<answer> close();

  /// Refuses what is with the subscriber, too: it has ended.
  std::vector<answer> abandon();

  size_t unsettled() const noexcept {
    return open_.size();
  }

  size_t waiting() const noexcept {
    return waiting_.size();
  }

private:
  struct entry {
    event_ptr what;
    /// None for an event without an id.
    std::optional<event_key> key;
    request from = 0;
    /// Others with the same event.
    std::vector<request> sharing = {};
  };

  entry& at(uint64_t tag);
  std::vector<answer> end(entry&& x, const expected<void>& how);

  const http_broker_options options_;
  const size_t prefetch_;
  bool closed_ = false;
  uint64_t last_tag_ = 0;
  size_t waiting_bytes_ = 0;
  /// By tag; those that wait have one already.
  std::unordered_map<uint64_t, entry> open_;
  std::deque<std::pair<uint64_t, entry>> waiting_;
  /// Of what is here, by key.
  std::unordered_map<event_key, uint64_t, event_key_hash> here_;
  recent_ids handled_;
};

} // namespace mica::broker::http
