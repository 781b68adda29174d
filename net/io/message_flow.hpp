// How much of the messages of streams waits, in either direction.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace mica::net {

/// What one stream waits for. Pure.
class message_flow {
public:
  /// @param input_bytes `http_limits::stream_input_bytes`
  /// @param output_bytes `http2_limits::stream_output_bytes`
  message_flow(size_t input_bytes, size_t output_bytes)
    : input_bytes_(input_bytes),
      output_bytes_(output_bytes) {
    // nop
  }

  void came(size_t bytes) noexcept {
    untaken_ += bytes;
  }

  void taken(size_t bytes) noexcept {
    untaken_ -= std::min(untaken_, bytes);
  }

  /// The peer has to wait until more is taken.
  bool held() const noexcept {
    return untaken_ >= input_bytes_;
  }

  void wrote(size_t bytes) noexcept {
    waiting_ += bytes;
    full_ = full_ || waiting_ >= output_bytes_;
  }

  /// True if the output fell below half of its bound, which it had reached.
  bool left(size_t bytes) noexcept {
    waiting_ -= std::min(waiting_, bytes);
    if (!full_ || waiting_ >= output_bytes_ / 2)
      return false;
    full_ = false;
    return true;
  }

private:
  size_t input_bytes_;
  size_t output_bytes_;
  size_t untaken_ = 0;
  size_t waiting_ = 0;
  bool full_ = false;
};

/// Which bytes of an output belong to which stream's writing. Pure.
class departures {
public:
  /// `bytes` of `stream` have been put at the end of an output that holds `queued` now.
  void add(uint64_t stream, size_t bytes, size_t queued) {
    marks_.push_back({gone_ + queued, stream, bytes});
  }

  /// So many bytes have left the output; calls `f(stream, bytes)` for what is out
  /// whole. What `f` adds does not leave with it.
  template <class F>
  void sent(size_t bytes, F f) {
    gone_ += bytes;
    for (auto count = marks_.size(); count > 0 && marks_.front().end <= gone_;
         --count) {
      auto whole = marks_.front();
      marks_.pop_front();
      f(whole.stream, whole.bytes);
    }
  }

private:
  struct mark {
    uint64_t end;
    uint64_t stream;
    size_t bytes;
  };

  uint64_t gone_ = 0;
  std::deque<mark> marks_;
};

} // namespace mica::net
