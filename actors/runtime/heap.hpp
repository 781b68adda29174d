// What the heap does with memory that was freed.

#pragma once

#include <cstddef>

namespace mica::detail {

/// Freed bytes at the end of one of glibc's arenas (there are at most eight for each
/// core) that are kept for the next allocation; what is more goes back to the system.
/// Four of the largest messages by default, since one lies in as many buffers at once:
/// as body and as message, in both directions.
inline constexpr size_t kept_heap_bytes = 16 * 1024 * 1024;

/// Larger blocks come from the system and go back to it at once.
inline constexpr size_t largest_heap_block = 5 * 1024 * 1024;

/// Lets the heap of this process keep what large calls need, for the next large call.
/// By its own rules glibc gives it back and gets it again in each of them: of a call
/// with 1 MiB in both directions two thirds of the time were page faults.
///
/// Changes nothing if the environment says how the heap shall be (`GLIBC_TUNABLES`
/// with `glibc.malloc`, `MALLOC_TRIM_THRESHOLD_`, `MALLOC_MMAP_THRESHOLD_`), nor with
/// another C library or allocator. Any thread, again and again.
/// @returns whether the heap keeps `kept_heap_bytes`.
bool keep_freed_memory() noexcept;

} // namespace mica::detail
