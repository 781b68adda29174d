#include "runtime/heap.hpp"

#include <cstdlib>
#include <cstring>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace mica::detail {

namespace {

bool chosen_by_operator() noexcept {
  const auto* tunables = std::getenv("GLIBC_TUNABLES");
  return (tunables != nullptr && std::strstr(tunables, "glibc.malloc.") != nullptr)
         || std::getenv("MALLOC_TRIM_THRESHOLD_") != nullptr
         || std::getenv("MALLOC_MMAP_THRESHOLD_") != nullptr;
}

} // namespace

bool keep_freed_memory() noexcept {
#if defined(__GLIBC__)
  return !chosen_by_operator()
         && mallopt(M_MMAP_THRESHOLD, static_cast<int>(largest_heap_block)) == 1
         && mallopt(M_TRIM_THRESHOLD, static_cast<int>(kept_heap_bytes)) == 1;
#else
  return false;
#endif
}

} // namespace mica::detail
