// Memory for what lives as long as a call.

#pragma once

#include <cstddef>

namespace mica::net::http2 {

/// Small blocks that are used again and again: each call takes a dozen of them
/// (streams, frames that wait, their fields) and gives them back. Blocks lie on free
/// lists of their thread, at most 256 KiB in all; a block may be freed by another
/// thread than the one that took it. With AddressSanitizer every block comes from the
/// heap.
namespace node_pool {

/// Whether blocks are kept at all.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool pooling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool pooling = false;
#else
inline constexpr bool pooling = true;
#endif
#else
inline constexpr bool pooling = true;
#endif

/// Null if there is no memory.
void* allocate(size_t bytes) noexcept;

/// @param block of `allocate`, or null.
void release(void* block) noexcept;

/// As realloc.
void* resize(void* block, size_t bytes) noexcept;

} // namespace node_pool

/// Gives its heirs' objects blocks of the pool.
struct pooled {
  static void* operator new(size_t bytes);
  static void operator delete(void* block) noexcept;
};

} // namespace mica::net::http2
