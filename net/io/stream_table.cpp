#include "io/stream_table.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

bool by_id(const open_stream& x, uint64_t id) noexcept {
  return static_cast<uint64_t>(x.id) < id;
}

} // namespace

void stream_table::add(open_stream&& x) {
  auto id = static_cast<uint64_t>(x.id);
  open_.insert(std::lower_bound(open_.begin(), open_.end(), id, by_id), std::move(x));
}

open_stream* stream_table::find(uint64_t id) noexcept {
  auto i = std::lower_bound(open_.begin(), open_.end(), id, by_id);
  return i != open_.end() && static_cast<uint64_t>(i->id) == id ? &*i : nullptr;
}

void stream_table::remove(uint64_t id) {
  auto* found = find(id);
  if (found == nullptr)
    return;
  if (found->receiver)
    removed_.push_back(std::move(found->receiver));
  open_.erase(open_.begin() + (found - open_.data()));
}

void stream_table::bury() {
  // A receiver's end may end other streams.
  while (!removed_.empty())
    std::exchange(removed_, {}).clear();
}

std::vector<open_stream> stream_table::take() noexcept {
  return std::exchange(open_, {});
}

} // namespace mica::net
