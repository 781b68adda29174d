#include "http2/node_pool.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace mica::net::http2 {

namespace {

constexpr size_t step_bytes = 64;
constexpr size_t largest_bytes = 1024;
constexpr size_t classes = largest_bytes / step_bytes;
constexpr size_t most_pooled_bytes = 256 * 1024;

/// In front of every block.
struct alignas(std::max_align_t) block_head {
  block_head* next;
  /// Bytes behind the head.
  size_t size;
};

struct free_lists {
  block_head* first[classes];
  size_t bytes;
  /// Of a thread that ends.
  bool gone;
};

// Plain data that is found without a call: each block is two look-ups.
#if defined(__GNUC__)
__attribute__((tls_model("initial-exec")))
#endif
constinit thread_local free_lists lists{};

struct cleaner {
  ~cleaner() {
    lists.gone = true;
    lists.bytes = 0;
    for (auto*& list : lists.first)
      while (list != nullptr) {
        auto* next = list->next;
        std::free(list);
        list = next;
      }
  }
};

size_t class_of(size_t bytes) noexcept {
  return (std::max<size_t>(bytes, 1) - 1) / step_bytes;
}

block_head* head_of(void* block) noexcept {
  return static_cast<block_head*>(block) - 1;
}

void* from_heap(size_t bytes) noexcept {
  if (bytes > SIZE_MAX - sizeof(block_head))
    return nullptr;
  auto* made = static_cast<block_head*>(std::malloc(sizeof(block_head) + bytes));
  if (made == nullptr)
    return nullptr;
  made->size = bytes;
  return made + 1;
}

} // namespace

void* node_pool::allocate(size_t bytes) noexcept {
  if (!node_pool::pooling || bytes > largest_bytes)
    return from_heap(bytes);
  auto which = class_of(bytes);
  auto& mine = lists;
  if (auto* taken = mine.first[which]) {
    mine.first[which] = taken->next;
    mine.bytes -= taken->size;
    return taken + 1;
  }
  return from_heap((which + 1) * step_bytes);
}

void node_pool::release(void* block) noexcept {
  if (block == nullptr)
    return;
  auto* freed = head_of(block);
  auto& mine = lists;
  if (!node_pool::pooling || freed->size > largest_bytes || mine.gone
      || mine.bytes + freed->size > most_pooled_bytes) {
    std::free(freed);
    return;
  }
  if (mine.bytes == 0) {
    static thread_local cleaner at_the_end;
    (void)at_the_end;
  }
  auto& list = mine.first[class_of(freed->size)];
  freed->next = list;
  list = freed;
  mine.bytes += freed->size;
}

void* node_pool::resize(void* block, size_t bytes) noexcept {
  if (block == nullptr)
    return allocate(bytes);
  auto size = head_of(block)->size;
  if (bytes <= size)
    return block;
  auto* grown = allocate(bytes);
  if (grown == nullptr)
    return nullptr;
  std::memcpy(grown, block, size);
  release(block);
  return grown;
}

void* pooled::operator new(size_t bytes) {
  if (auto* block = node_pool::allocate(bytes))
    return block;
  throw std::bad_alloc{};
}

void pooled::operator delete(void* block) noexcept {
  node_pool::release(block);
}

} // namespace mica::net::http2
