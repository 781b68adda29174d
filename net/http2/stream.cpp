#include "http2/stream.hpp"

#include <utility>

namespace mica::net::http2 {

namespace {

constexpr size_t first_buckets = 4;

} // namespace

stream_table::stream_table() : buckets_(first_buckets) {
  // nop
}

stream_table::~stream_table() {
  clear();
}

stream& stream_table::insert(std::unique_ptr<stream> what) {
  if (size_ >= buckets_.size())
    grow();
  ++size_;
  auto& bucket = buckets_[index(what->id)];
  what->next_ = std::move(bucket);
  bucket = std::move(what);
  return *bucket;
}

void stream_table::erase(int32_t id) noexcept {
  auto* link = &buckets_[index(id)];
  while (*link != nullptr && (*link)->id != id)
    link = &(*link)->next_;
  if (*link == nullptr)
    return;
  auto gone = std::move(*link);
  *link = std::move(gone->next_);
  --size_;
}

void stream_table::clear() noexcept {
  for (auto& bucket : buckets_)
    // One by one: a chain's own destructor would call itself for each link.
    while (bucket != nullptr)
      bucket = std::exchange(bucket->next_, nullptr);
  size_ = 0;
}

void stream_table::grow() {
  auto old = std::exchange(buckets_, {});
  buckets_.resize(old.size() * 2);
  for (auto& bucket : old)
    while (bucket != nullptr) {
      auto next = std::exchange(bucket->next_, nullptr);
      auto& to = buckets_[index(bucket->id)];
      bucket->next_ = std::move(to);
      to = std::exchange(bucket, std::move(next));
    }
}

} // namespace mica::net::http2
