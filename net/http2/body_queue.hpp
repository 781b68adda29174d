// What waits to be framed on one stream.

#pragma once

#include "http2/frame_queue.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mica::net::http2 {

/// The bytes of one stream that have not become DATA frames yet, in the pieces in which
/// they were given. A large piece is never copied: frames refer to it, and it moves to
/// the frames when its last byte is framed, or when the stream ends before.
class body_queue {
public:
  void push(std::string&& bytes);

  /// Moves the first `bytes` bytes behind the frames of `to`. @pre `bytes <= size()`
  void frame(size_t bytes, frame_queue& to);

  /// Drops what was not framed; what was, stays alive with `to`.
  void retire(frame_queue& to);

  size_t size() const noexcept {
    return size_;
  }

private:
  void next();

  /// The first piece; most streams have no other.
  std::string front_;
  std::vector<std::string> others_;
  size_t others_from_ = 0;
  /// Bytes of the first piece that were framed.
  size_t offset_ = 0;
  size_t size_ = 0;
  /// Frames refer to the first piece.
  bool referred_ = false;
};

} // namespace mica::net::http2
