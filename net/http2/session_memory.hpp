// The memory of one nghttp2 session.

#pragma once

#include <cstddef>

namespace mica::net::http2 {

/// Gives nghttp2 its memory: from `node_pool`, except that what the session holds as
/// long as it lives begins on a page of its own. Its frame buffer (16 KiB, of which
/// nearly every frame needs some dozen bytes) starts at the end of that page, behind
/// what fills it: the pages behind it are never touched. By malloc it lies across pages
/// anyhow, and costs an idle connection one page more. With AddressSanitizer all comes
/// from the heap.
///
/// Not thread-safe. Outlives its session.
class session_memory {
public:
  session_memory() = default;
  session_memory(const session_memory&) = delete;
  session_memory& operator=(const session_memory&) = delete;
  ~session_memory();

  /// Null if there is no memory.
  void* allocate(size_t bytes) noexcept;

  /// @param block of `allocate`, or null.
  void release(void* block) noexcept;

  /// As realloc.
  void* resize(void* block, size_t bytes) noexcept;

private:
  bool owns(const void* block) const noexcept;

  char* pages_ = nullptr;
  /// Of the first page.
  size_t used_ = 0;
  bool tried_ = false;
  bool buffer_taken_ = false;
};

} // namespace mica::net::http2
