// The streams of one HTTP/2 connection that a handler works for.

#pragma once

#include "mica/net/stream.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace mica::net {

/// One stream, or whole request, from its beginning to the end of its answer.
struct open_stream {
  int32_t id = 0;
  /// Null for a request that was taken whole.
  std::unique_ptr<stream_receiver> receiver = nullptr;
};

/// Finds streams by their ids. Receivers outlive their streams until `bury`, because a
/// stream may end within a call of its own receiver. Pure.
class stream_table {
public:
  /// @pre no stream has this id.
  void add(open_stream&& x);

  /// Null if there is none. Valid until the next change.
  open_stream* find(uint64_t id) noexcept;

  /// The stream is over; nothing if it was already.
  void remove(uint64_t id);

  /// Lets go of the receivers of removed streams. Not within a receiver's callback.
  void bury();

  /// Takes all streams.
  std::vector<open_stream> take() noexcept;

  auto begin() noexcept {
    return open_.begin();
  }

  auto end() noexcept {
    return open_.end();
  }

private:
  /// Sorted by id; most are added behind the last.
  std::vector<open_stream> open_;
  std::vector<std::unique_ptr<stream_receiver>> removed_;
};

} // namespace mica::net
