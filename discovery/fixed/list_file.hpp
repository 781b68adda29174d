// The file behind a list: is it another one by now, and what does it say?

#pragma once

#include "fixed/list.hpp"

#include <cstdint>
#include <string>

namespace mica::discovery::fixed {

/// What changes when a file is written or replaced. All zero: there is none.
struct file_mark {
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  int64_t bytes = 0;
  uint64_t inode = 0;

  bool operator==(const file_mark&) const = default;
};

file_mark mark_of(const std::string& path) noexcept;

/// Reads and understands. Blocks as the file system does. Fails with
/// `errc::unavailable` (no such file, no right) or as `read_lines`.
expected<records> read_list(const std::string& path);

} // namespace mica::discovery::fixed
