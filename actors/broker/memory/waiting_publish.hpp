// A publish that found no room.

#pragma once

#include "mica/actors/broker.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace mica::broker::memory {

using time_point = std::chrono::steady_clock::time_point;
using publish_done = std::function<void(expected<void>)>;

/// One event on its way into several queues at once. Thread-safe.
class waiting_publish {
public:
  /// @param total queues that the topic has, `missing` those that had no room.
  waiting_publish(event_ptr event, time_point until, size_t total, size_t missing,
                  publish_done done)
    : what(std::move(event)),
      deadline(until),
      total_(total),
      missing_(missing),
      done_(std::move(done)) {
    // nop
  }

  /// One of the missing queues took the event, or never will. Never call it with a
  /// queue locked: the last one runs what the publisher wants to happen.
  void settle(bool taken);

  const event_ptr what;
  const time_point deadline;

private:
  const size_t total_;
  std::atomic<size_t> missing_;
  std::atomic<size_t> refused_{0};
  publish_done done_;
};

using waiting_publish_ptr = std::shared_ptr<waiting_publish>;

} // namespace mica::broker::memory
