// Streams of plain threads.

#pragma once

#include "mica/actors/blocking_stream.hpp"
#include "stream/stream_home.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace mica::detail {

/// A home without a thread of its own: whoever wakes the stream or uses it runs it, one
/// at a time. No user's code runs there: waiting threads look at the stream themselves.
class blocking_home final : public stream_home {
public:
  /// Runs the stream, now or when whoever is at it leaves.
  void wake(std::shared_ptr<stream_core> stream) override;

  /// Waits until nobody is at the stream. @returns the number of rounds so far.
  uint64_t enter();

  /// Runs what has come meanwhile.
  void leave(stream_core& stream);

  /// Blocks until there were more rounds than `seen`.
  void wait(uint64_t seen);

private:
  std::mutex mtx_;
  std::condition_variable changed_;
  bool busy_ = false;
  /// Woken while busy.
  bool again_ = false;
  uint64_t rounds_ = 0;
};

/// @param home of `stream`, or another one for a stream that has failed.
blocking_ptr
make_blocking(stream_ptr stream,
              std::shared_ptr<blocking_home> home = std::make_shared<blocking_home>());

} // namespace mica::detail
