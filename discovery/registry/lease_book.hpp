// What was registered and when it is to be registered again.

#pragma once

#include "mica/discovery/records.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace mica::discovery {

/// Returns the delay before another try after `failures` failures in a row (at least
/// 1): doubling from 0.5 s up to `longest`, each time somewhere in the upper half of
/// that, so that many clients of one registry don't come back in step.
///
/// @param random in [0, 1).
std::chrono::nanoseconds back_off(size_t failures, std::chrono::nanoseconds longest,
                                  double random);

/// The schedule of renewals, without clock and messages. Not thread-safe.
class lease_book {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::nanoseconds;

  struct lease {
    service_record record;
    duration ttl{0};
  };

  /// @param interval between two renewals; zero: none.
  explicit lease_book(duration interval);

  /// Takes on a registration that is being made right now; `succeeded`, `failed` or
  /// `give_up` follows. Its nodes leave the registrations that had them.
  uint64_t hold(lease x);

  /// Removes nodes by id; they are never renewed again.
  void release(const service_record& record);

  /// Removes a registration.
  void give_up(uint64_t id);

  /// Next renewal: after the interval, less up to a tenth of it.
  void succeeded(uint64_t id, time_point now, double random);

  /// Next try: after a back-off, at most the interval.
  void failed(uint64_t id, time_point now, double random);

  /// Everything that waits is due now: the registry is back.
  void hurry(time_point now);

  /// Returns what is due at `now` and marks it as being made.
  std::vector<std::pair<uint64_t, lease>> take_due(time_point now);

  /// When `take_due` has something to return.
  std::optional<time_point> next_due() const;

  size_t size() const noexcept {
    return held_.size();
  }

private:
  struct entry {
    lease what;
    /// Nothing while it is being made.
    std::optional<time_point> due;
    size_t failures = 0;
  };

  duration interval_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, entry> held_;
};

} // namespace mica::discovery
