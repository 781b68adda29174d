// How large the read buffer of a connection should be.

#pragma once

#include "mica/net/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace mica::net {

/// Small while nothing flows, because the buffer is most of what an idle connection
/// costs; fourfold with every read that fills it while a body flows; a quarter after
/// several reads that left most of it unused, because CAF clears what a read leaves
/// unused. Pure.
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
    auto wanted = in_body ? size_for(got) : idle_;
    return std::exchange(size_, wanted) != wanted;
  }

private:
  static constexpr size_t growth = 4;
  static constexpr size_t shrinkage = 4;
  /// Reads below this part of the buffer are small.
  static constexpr size_t small_part = 16;
  /// So many in a row.
  static constexpr uint8_t patience = 4;

  size_t size_for(size_t got) noexcept {
    auto small = got < size_ / small_part;
    small_reads_ = small ? static_cast<uint8_t>(small_reads_ + 1) : uint8_t{0};
    if (got >= size_)
      return std::min(size_ * growth, bulk_);
    if (small_reads_ < patience)
      return size_;
    small_reads_ = 0;
    return std::max(size_ / shrinkage, idle_);
  }

  size_t idle_;
  size_t bulk_;
  size_t size_;
  /// In a row.
  uint8_t small_reads_ = 0;
};

} // namespace mica::net
