#include "http2/session_memory.hpp"

#include "http2/node_pool.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <sys/mman.h>

namespace mica::net::http2 {

namespace {

constexpr size_t page = 4096;
constexpr size_t alignment = alignof(std::max_align_t);

// nghttp2's frame buffer: head, padding and 16 KiB.
constexpr size_t smallest_buffer = 16 * 1024;
constexpr size_t largest_buffer = smallest_buffer + 64;

// The frames of most calls, on the first page.
constexpr size_t usual_frame = 64;
constexpr size_t buffer_at = page - usual_frame;
constexpr size_t total_bytes = (buffer_at + largest_buffer + page - 1) / page * page;

// What is smaller comes and goes.
constexpr size_t smallest_lasting = 1000;

// Straight from the system: aligned blocks of the heap leave holes between them.
char* new_pages() noexcept {
  auto* made = mmap(nullptr, total_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return made == MAP_FAILED ? nullptr : static_cast<char*>(made);
}

size_t rounded(size_t bytes) noexcept {
  return (bytes + alignment - 1) / alignment * alignment;
}

} // namespace

session_memory::~session_memory() {
  if (pages_ != nullptr)
    munmap(pages_, total_bytes);
}

bool session_memory::owns(const void* block) const noexcept {
  auto at = reinterpret_cast<uintptr_t>(block);
  auto begin = reinterpret_cast<uintptr_t>(pages_);
  return pages_ != nullptr && at >= begin && at < begin + total_bytes;
}

void* session_memory::allocate(size_t bytes) noexcept {
  if (!node_pool::pooling || bytes < smallest_lasting)
    return node_pool::allocate(bytes);
  // The session's own, with which everything begins.
  if (!std::exchange(tried_, true))
    pages_ = new_pages();
  if (pages_ == nullptr)
    return node_pool::allocate(bytes);
  if (bytes > smallest_buffer && bytes <= largest_buffer
      && !std::exchange(buffer_taken_, true))
    return pages_ + buffer_at;
  if (bytes > buffer_at - used_)
    return node_pool::allocate(bytes);
  auto* result = pages_ + used_;
  used_ = std::min(used_ + rounded(bytes), buffer_at);
  return result;
}

void session_memory::release(void* block) noexcept {
  // What lies on the pages goes with them.
  if (!owns(block))
    node_pool::release(block);
}

void* session_memory::resize(void* block, size_t bytes) noexcept {
  // Where the frame buffer comes from.
  if (block == nullptr)
    return allocate(bytes);
  if (!owns(block))
    return node_pool::resize(block, bytes);
  auto* grown = node_pool::allocate(bytes);
  if (grown == nullptr)
    return nullptr;
  // No block on the pages reaches beyond them, nor does the copy.
  auto behind = static_cast<size_t>(pages_ + total_bytes - static_cast<char*>(block));
  std::memcpy(grown, block, std::min(bytes, behind));
  return grown;
}

} // namespace mica::net::http2
