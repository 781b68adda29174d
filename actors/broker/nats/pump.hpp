// The threads between a broker's outbox and its connection.

#pragma once

#include "broker/nats/outbox.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mica::broker::nats {

/// Writes what is published, in order, and tells the outcome. Thread-safe; outcomes are
/// told with nothing locked.
class pump {
public:
  /// The connection. All but `up` may block; they are called by the pump's threads.
  struct port {
    std::function<bool()> up;
    /// Why it is not.
    std::function<error()> away;
    /// The number of the connection in use.
    std::function<uint64_t()> incarnation;
    std::function<expected<void>(const parcel&)> write;
    /// Blocks until the server has all that was written. Null: events are confirmed one
    /// by one, by `acknowledge`, and written again until they are.
    std::function<expected<void>(std::chrono::milliseconds limit)> confirm;
    /// Writes what is small and can't wait: before events, whenever the pump is woken.
    std::function<void()> urgent;
    /// Called about every `tick_time`.
    std::function<void(time_point now)> tick;
  };

  static constexpr auto tick_time = std::chrono::milliseconds{250};
  /// Without an acknowledgement for so long, all is written again.
  static constexpr auto resend_time = std::chrono::milliseconds{2'000};

  pump(outbox_limits limits, port to);
  ~pump();
  pump(const pump&) = delete;
  pump& operator=(const pump&) = delete;

  void start();

  /// Never blocks. Fails as `outbox::add`, or with `errc::unavailable` while stopped:
  /// `what->done` is told.
  void publish(parcel_ptr what);

  void acknowledge(uint64_t number, expected<void> outcome);

  /// What is in flight got nowhere: it is written again after a while.
  void resend_after(std::chrono::milliseconds pause);

  /// There is a connection again, or something urgent.
  void wake(bool connected_again = false);

  /// Takes no more, waits until all is confirmed or `flush` is over, and ends the
  /// threads. Blocks.
  /// @returns how many events were not confirmed; they are told `errc::unavailable`.
  size_t stop(std::chrono::milliseconds flush);

private:
  using lock = std::unique_lock<std::mutex>;

  void write_all();
  void confirm_all();
  bool write_some(lock& held);
  void confirm_once(lock& held);
  bool may_write(time_point now) const;
  void settle_batches(lock& held, uint64_t mark, const expected<void>& confirmed,
                      uint64_t incarnation);
  void expire(lock& held, time_point now);
  void finish(lock& held, std::vector<parcel_ptr> what, const error& why);
  static void tell(const std::vector<parcel_ptr>& whom, const expected<void>& outcome);

  const port port_;
  std::mutex mtx_;
  std::condition_variable writer_;
  std::condition_variable confirmer_;
  std::condition_variable drained_;
  outbox outbox_;
  bool running_ = false;
  bool ending_ = false;
  bool woken_ = false;
  bool writer_sleeps_ = false;
  /// What is written and not confirmed: the last number of each batch, and the number
  /// of the connection when its first one was written.
  struct batch {
    uint64_t last;
    uint64_t incarnation;
  };
  std::deque<batch> unconfirmed_;
  time_point hold_until_{};
  time_point progress_{};
  time_point next_tick_{};
  std::thread write_thread_;
  std::thread confirm_thread_;
};

} // namespace mica::broker::nats
