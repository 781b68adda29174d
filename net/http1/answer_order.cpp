#include "http1/answer_order.hpp"

#include <utility>

namespace mica::net::http1 {

uint64_t answer_order::add(response_style style) {
  owed_.push_back({style, nullptr, false});
  return first_sequence_ + size() - 1;
}

void answer_order::park(uint64_t sequence, http_response&& response) {
  if (sequence < first_sequence_ || sequence - first_sequence_ >= size())
    return;
  auto& place = owed_[first_ + static_cast<size_t>(sequence - first_sequence_)];
  if (!place.early)
    place.early = std::make_unique<http_response>(std::move(response));
}

void answer_order::forgo(uint64_t sequence) {
  if (sequence >= first_sequence_ && sequence - first_sequence_ < size())
    owed_[first_ + static_cast<size_t>(sequence - first_sequence_)].forgone = true;
}

void answer_order::drop_forgone() {
  while (!empty() && owed_[first_].forgone)
    take_front();
}

bool answer_order::unpark(http_response& out) {
  if (empty() || !owed_[first_].early)
    return false;
  out = std::move(*owed_[first_].early);
  return true;
}

response_style answer_order::take_front() {
  auto style = owed_[first_].style;
  owed_[first_++].early = nullptr;
  ++first_sequence_;
  if (first_ == owed_.size()) {
    owed_.clear();
    first_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= owed_.size()) {
    owed_.erase(owed_.begin(), owed_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
  return style;
}

void answer_order::clear() noexcept {
  first_sequence_ += size();
  owed_.clear();
  first_ = 0;
}

} // namespace mica::net::http1
