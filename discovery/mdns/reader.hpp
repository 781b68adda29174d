// The thread that waits for datagrams, changes of links and the next deadline.

#pragma once

#include "mdns/sockets.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace mica::discovery::mdns {

/// What woke the reader.
struct arrivals {
  std::vector<datagram> datagrams;
  /// The deadline passed.
  bool due = false;
  /// An interface or an address changed.
  bool links_changed = false;
};

/// Waits for the owner of sockets, and also keeps its clock: a CAF timer of a minute
/// would hold up the end of its actor system by as much.
///
/// Thread-safe. Its end comes promptly, also from its own thread.
class reader {
public:
  /// Datagrams in one batch.
  static constexpr size_t batch_size = 32;

  /// Batches handed out and not yet `done`; beyond, datagrams wait in the kernel, which
  /// drops what exceeds its buffer.
  static constexpr int max_batches = 8;

  /// @param from what to read.
  explicit reader(std::shared_ptr<const sockets> from);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// Fails with `errc::unavailable` if the kernel gave no descriptor to wake it with.
  expected<void> ready() const;

  /// Starts the thread; it calls `deliver` for each batch. Fails with
  /// `errc::unavailable` if there is no thread to be had.
  expected<void> start(std::function<void(arrivals)> deliver);

  /// Asks for one wake-up at this time, in place of an earlier wish.
  void wake_at(time_point when);

  /// A batch was dealt with.
  void done();

private:
  struct shared;

  std::shared_ptr<shared> shared_;
  std::thread thread_;
};

} // namespace mica::discovery::mdns
