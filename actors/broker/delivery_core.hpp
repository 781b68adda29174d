// What becomes of events that a subscriber could not handle.

#pragma once

#include "mica/actors/broker.hpp"
#include "mica/actors/subscriber.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace mica::detail {

using time_point = std::chrono::steady_clock::time_point;

/// Attempts, back-off and dead letters of one subscription. Pure: time comes in, and
/// what is settled is told to the delivery's own subscription. Not thread-safe.
///
/// Holds at most as many deliveries as the broker lets be unsettled.
class delivery_core {
public:
  /// What follows a failure.
  enum class fate : uint8_t {
    /// It comes again by `due`.
    again,
    /// Publish it on the dead-letter topic now, then say how that went.
    set_aside,
    /// Its attempts are used up and nobody wants it: acknowledged.
    dropped,
  };

  struct held {
    broker::delivery what;
    /// Of the next delivery; of a dead letter, how many there were.
    uint32_t attempt;
    error why;
    /// On its way to the dead-letter topic.
    bool aside;
    /// Was never handed to the user's object.
    bool hopeless = false;
  };

  struct verdict {
    fate what;
    /// Names the dead letter for `set_aside_done` and `set_aside_failed`.
    uint64_t number;
  };

  explicit delivery_core(const subscribe_options& options);

  /// @param attempt the one that failed, from 1.
  /// @param hopeless true if another attempt can't be better: undecodable.
  verdict failed(broker::delivery&& what, uint32_t attempt, error why, bool hopeless,
                 time_point now);

  /// Null if it was given back meanwhile.
  const held* find(uint64_t number) const;

  void set_aside_done(uint64_t number);

  /// The dead-letter topic did not take it: it is tried again, the event is not lost.
  void set_aside_failed(uint64_t number, time_point now);

  struct round {
    /// To be handled once more.
    std::vector<held> again;
    /// Numbers of dead letters to be published once more.
    std::vector<uint64_t> aside;
  };

  /// What is due; the former are no longer held.
  round due(time_point now);

  std::optional<time_point> next_due() const;

  size_t size() const noexcept {
    return held_.size();
  }

  /// Gives back to the broker what waits for its time, or everything; returns how many
  /// there were.
  size_t give_back_waiting();
  size_t give_back_all();

  /// Time between this attempt and the next.
  std::chrono::milliseconds backoff(uint32_t attempt) const;

private:
  uint64_t hold(held&& what, std::optional<time_point> due);

  const subscribe_options options_;
  uint64_t last_number_ = 0;
  std::map<uint64_t, held> held_;
  std::multimap<time_point, uint64_t> timers_;
};

} // namespace mica::detail
