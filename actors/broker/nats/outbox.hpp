// Events on their way to a NATS server. Pure: no socket, no clock, no lock.

#pragma once

#include "mica/codecs/expected.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::broker::nats {

using time_point = std::chrono::steady_clock::time_point;

/// One event as it goes over the wire.
struct parcel {
  std::string subject;
  std::string bytes;
  /// Null: nobody wants to know.
  std::function<void(expected<void>)> done;
  uint64_t number = 0;
  time_point deadline{};
};

/// Shared, as one that is being written may be settled meanwhile.
using parcel_ptr = std::shared_ptr<parcel>;

struct outbox_limits {
  /// Events that are not confirmed yet. Beyond: `errc::overloaded`.
  size_t events = 65'536;
  /// Bytes of them, as on the wire.
  size_t bytes = 67'108'864;
  /// Events that are written and not confirmed. Beyond: the others wait.
  size_t in_flight = 65'536;
  /// From `add` to the confirmation. Beyond: the event leaves by `expire`.
  std::chrono::milliseconds time{5'000};
};

/// Keeps parcels in the order of their numbers: first those that were sent, then those
/// that wait.
class outbox {
public:
  explicit outbox(outbox_limits limits);

  /// Fails with `errc::overloaded` (the text names the limit), or
  /// `errc::limit_exceeded` for what never fits.
  expected<void> add(parcel_ptr what, time_point now);

  /// The next one to write, which counts as sent then; null if none waits or too many
  /// are in flight.
  parcel_ptr next();

  /// Confirmed, or refused: takes it out; null if it is not there any more.
  parcel_ptr settle(uint64_t number);

  /// Takes out everything up to this number.
  std::vector<parcel_ptr> settle_through(uint64_t number);

  /// Takes out what was sent.
  std::vector<parcel_ptr> take_sent();

  /// What was sent will be sent again, in the same order.
  void rewind();

  /// Takes out what should have been confirmed by now.
  std::vector<parcel_ptr> expire(time_point now);

  std::vector<parcel_ptr> take_all();

  /// When `expire` will find something; none while empty.
  std::optional<time_point> deadline() const;

  /// Events that are not confirmed yet.
  size_t size() const noexcept {
    return size_;
  }

  bool empty() const noexcept {
    return size_ == 0;
  }

  /// Events that are written and not confirmed.
  size_t in_flight() const noexcept {
    return in_flight_;
  }

  /// As many are in flight as may be.
  bool window_full() const noexcept {
    return in_flight_ >= limits_.in_flight;
  }

private:
  parcel_ptr take(uint64_t number);
  std::vector<parcel_ptr> take_until(uint64_t end);
  void trim();

  uint64_t end() const noexcept {
    return first_ + parcels_.size();
  }

  const outbox_limits limits_;
  /// Null where settled; the front is not.
  std::deque<parcel_ptr> parcels_;
  /// The number of the front.
  uint64_t first_ = 1;
  /// The first one that is not sent.
  uint64_t unsent_ = 1;
  size_t size_ = 0;
  size_t bytes_ = 0;
  size_t in_flight_ = 0;
};

} // namespace mica::broker::nats
