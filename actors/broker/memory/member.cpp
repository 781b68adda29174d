#include "broker/memory/topic_queue.hpp"

#include <algorithm>
#include <utility>

namespace mica::broker::memory {

namespace {

constexpr uint64_t settling = ~uint64_t{0};

} // namespace

member::member(std::shared_ptr<topic_queue> home, uint64_t id,
               subscribe_request&& request)
  : home_(std::move(home)),
    id_(id),
    sink_(std::move(request.sink)),
    slots_(std::clamp<size_t>(request.prefetch, 1, max_prefetch)) {
  // nop
}

event_ptr member::take(slot& from, uint64_t tag) noexcept {
  if (tag == 0 || tag == settling || !from.tag.compare_exchange_strong(tag, settling))
    return nullptr;
  auto result = std::move(from.what);
  from.what = nullptr;
  from.tag.store(0);
  // Behind the slot: whoever sees room finds a free one.
  in_flight_.fetch_sub(1);
  return result;
}

void member::settle(uint64_t tag, verdict how) noexcept {
  auto index = tag % max_prefetch;
  if (index >= slots_.size())
    return;
  auto what = take(slots_[index], tag);
  if (!what)
    return;
  if (how == verdict::give_back)
    home_->give_back(std::move(what), id_);
  // A publisher that sees no room counts its event first and looks again, so one of the
  // two of us sees the other.
  if (home_->anything_waits())
    home_->pump();
}

} // namespace mica::broker::memory
