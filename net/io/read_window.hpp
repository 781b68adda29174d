// How large the read buffer of a connection should be.

#pragma once

#include "mica/net/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mica::net {

/// Small while nothing flows, because the buffer is most of what an idle connection
/// costs; fourfold with every read that fills it while a body flows, because CAF
/// clears the whole buffer for each read. Pure.
class read_window {
public:
  explicit read_window(const http_limits& limits)
    : idle_(limits.idle_read_bytes),
      bulk_(std::max(limits.bulk_read_bytes, limits.idle_read_bytes)),
      size_(idle_) {
    // nop
  }

  size_t size() const noexcept {
    return size_;
  }

  /// A read brought `got` bytes. Returns true if the size changed.
  bool update(bool in_body, size_t got) noexcept {
    auto wanted = idle_;
    if (in_body)
      wanted = got >= size_ ? std::min(size_ * 4, bulk_) : size_;
    return std::exchange(size_, wanted) != wanted;
  }

private:
  size_t idle_;
  size_t bulk_;
  size_t size_;
};

} // namespace mica::net
