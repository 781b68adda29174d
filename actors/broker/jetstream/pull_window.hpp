// How many events to ask the server for, and when. Pure.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace mica::broker::jetstream {

using time_point = std::chrono::steady_clock::time_point;

/// One request for events.
struct pull {
  uint64_t number = 0;
  size_t batch = 0;
};

/// Asks for what there is room for, in few requests: requests that are open and events
/// that are unsettled never exceed the prefetch together.
class pull_window {
public:
  /// Events per request at most: a larger one would wait for the first answer as long.
  static constexpr size_t max_batch = 4'096;
  /// What a request tells the server.
  static constexpr auto expires = std::chrono::seconds{30};
  /// An answer may be on its way still.
  static constexpr auto grace = std::chrono::seconds{5};

  /// @param prefetch at least 1.
  explicit pull_window(size_t prefetch);

  /// The request to send now; none if there is no room, or too little to be worth it
  /// while others are open.
  std::optional<pull> next(size_t unsettled, time_point now);

  /// An event came. It tells not for which request, but the server serves the oldest.
  void arrived();

  /// The server ended it.
  void ended(uint64_t number);

  /// The connection was lost, and every request with it.
  void reset();

  /// Forgets requests that the server must have ended long ago.
  void expire(time_point now);

  /// Events that may still come.
  size_t open() const noexcept {
    return open_;
  }

private:
  struct request {
    size_t left;
    time_point until;
  };

  const size_t prefetch_;
  std::map<uint64_t, request> requests_;
  size_t open_ = 0;
  uint64_t last_ = 0;
};

} // namespace mica::broker::jetstream
