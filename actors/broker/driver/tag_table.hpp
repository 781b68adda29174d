// What a subscription has delivered and nobody has settled.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mica::broker {

/// More than this a subscription can't have unsettled: the lower bits of a tag name
/// its slot.
inline constexpr size_t max_prefetch = 1'048'576;

/// Gives each entry a tag that no other entry of the table ever has. Not thread-safe.
template <class T>
class tag_table {
public:
  /// @param room 1..max_prefetch.
  explicit tag_table(size_t room) : room_(room) {
    // nop
  }

  size_t size() const noexcept {
    return size_;
  }

  bool full() const noexcept {
    return size_ == room_;
  }

  /// @pre `!full()`
  uint64_t add(T what) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    auto index = free_.back();
    free_.pop_back();
    auto tag = ++added_ * max_prefetch + index;
    slots_[index] = {tag, std::move(what)};
    ++size_;
    return tag;
  }

  /// Takes an entry out; none if it is not there (any more).
  std::optional<T> remove(uint64_t tag) noexcept {
    auto index = tag % max_prefetch;
    if (index >= slots_.size() || slots_[index].tag != tag || tag == 0)
      return std::nullopt;
    auto& found = slots_[index];
    found.tag = 0;
    free_.push_back(static_cast<uint32_t>(index));
    --size_;
    return std::move(found.what);
  }

  /// Calls `f(tag, T&)` for each entry, in no order.
  template <class F>
  void for_each(F f) {
    for (auto& x : slots_)
      if (x.tag != 0)
        f(x.tag, x.what);
  }

  void clear() {
    slots_.clear();
    free_.clear();
    size_ = 0;
  }

private:
  struct slot {
    uint64_t tag = 0;
    T what = {};
  };

  const size_t room_;
  std::vector<slot> slots_;
  std::vector<uint32_t> free_;
  uint64_t added_ = 0;
  size_t size_ = 0;
};

} // namespace mica::broker
