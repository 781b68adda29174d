// What both halves keep of a stream.

#pragma once

#include "http2/body_queue.hpp"
#include "http2/node_pool.hpp"

#include "mica/codecs/metadata.hpp"
#include "mica/net/limits.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace mica::net::http2 {

/// One stream from its first HEADERS until both sides, or a reset, have closed it.
struct stream : pooled {
  using time_point = std::chrono::steady_clock::time_point;

  explicit stream(int32_t number) : id(number) {
    // nop
  }

  virtual ~stream() {
    // nop
  }

  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  const int32_t id;

  // -- from the peer --------------------------------------------------------------

  /// Of the field sections so far, as RFC 9113, 6.5.2 counts: 32 a field besides its
  /// text.
  size_t header_bytes = 0;
  size_t header_fields = 0;
  /// Bytes of a body in pieces that nobody has taken yet.
  size_t unconsumed = 0;
  /// Of Content-Length; 0 if there was none.
  size_t announced = 0;
  /// The last byte of a body that is collected, or when that began.
  time_point received{};

  // -- to the peer ----------------------------------------------------------------

  body_queue body;
  metadata trailers;
  /// Bytes of pieces that were framed since that was told.
  size_t written = 0;
  /// Since when `body` waits and no DATA frame could be made; unset until somebody
  /// looks, since commands bring no time with them.
  time_point stalled{};

  /// The fields are beyond the limits.
  bool too_many_fields = false;
  /// A Host, or an `:authority`, was seen.
  bool has_host = false;
  /// Its body is told piece by piece.
  bool in_pieces = false;
  /// A whole body is on its way.
  bool collecting = false;
  /// Its window is as large as its body.
  bool window_open = false;
  /// Somebody was told of it.
  bool told = false;
  /// Nothing is told of it any more.
  bool over = false;
  /// The peer has ended its side.
  bool ended_by_peer = false;
  /// The peer has reset it.
  bool reset_by_peer = false;
  /// Our fields were given to nghttp2.
  bool head_given = false;
  /// They are framed: the peer may act on them.
  bool head_framed = false;
  /// Nothing can follow `body` and `trailers`.
  bool ended_by_us = false;
  /// END_STREAM of ours is framed.
  bool end_framed = false;
  /// nghttp2 waits for more of `body`.
  bool deferred = false;
  /// `body` had reached `http2_limits::stream_output_bytes`.
  bool was_full = false;
  /// Half of that is free again, and nobody was told yet.
  bool has_room = false;
  /// What was written will be told.
  bool output_noted = false;
  /// We reset it, for a reason of our own.
  bool reset_by_us = false;

private:
  friend class stream_table;
  std::unique_ptr<stream> next_;
};

/// The streams of a connection by their number.
class stream_table {
public:
  stream_table();
  ~stream_table();

  stream* find(int32_t id) const noexcept {
    auto* x = buckets_[index(id)].get();
    while (x != nullptr && x->id != id)
      x = x->next_.get();
    return x;
  }

  stream& insert(std::unique_ptr<stream> what);
  void erase(int32_t id) noexcept;
  void clear() noexcept;

  size_t size() const noexcept {
    return size_;
  }

  /// Calls `f(stream&)` for each, in no order. `f` must not insert or erase.
  template <class F>
  void for_each(F f) const {
    for (const auto& bucket : buckets_)
      for (auto* x = bucket.get(); x != nullptr; x = x->next_.get())
        f(*x);
  }

private:
  // Numbers of one peer are all odd.
  size_t index(int32_t id) const noexcept {
    return (static_cast<size_t>(id) >> 1) & (buckets_.size() - 1);
  }

  void grow();

  /// As many as a power of two.
  std::vector<std::unique_ptr<stream>> buckets_;
  size_t size_ = 0;
};

} // namespace mica::net::http2
