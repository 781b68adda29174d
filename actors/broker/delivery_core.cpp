#include "broker/delivery_core.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

delivery_core::delivery_core(const subscribe_options& options) : options_(options) {
  // nop
}

std::chrono::milliseconds delivery_core::backoff(uint32_t attempt) const {
  auto result = options_.backoff;
  for (uint32_t i = 1; i < attempt && result < options_.max_backoff; ++i)
    result *= 2;
  return std::min(result, options_.max_backoff);
}

uint64_t delivery_core::hold(held&& what, std::optional<time_point> due) {
  auto number = ++last_number_;
  held_.emplace(number, std::move(what));
  if (due)
    timers_.emplace(*due, number);
  return number;
}

delivery_core::verdict delivery_core::failed(broker::delivery&& what, uint32_t attempt,
                                             error why, bool hopeless, time_point now) {
  if (!hopeless && attempt < options_.deliveries) {
    auto due = now + backoff(attempt);
    return {fate::again,
            hold({std::move(what), attempt + 1, std::move(why), false}, due)};
  }
  // A dead letter that can't be handled goes nowhere: it would run in circles.
  if (options_.dead_letter.empty() || options_.dead_letter == what.what->topic) {
    what.from->settle(what.tag, broker::verdict::ack);
    return {fate::dropped, 0};
  }
  return {
      fate::set_aside,
      hold({std::move(what), attempt, std::move(why), true, hopeless}, std::nullopt)};
}

const delivery_core::held* delivery_core::find(uint64_t number) const {
  auto found = held_.find(number);
  return found == held_.end() ? nullptr : &found->second;
}

void delivery_core::set_aside_done(uint64_t number) {
  auto node = held_.extract(number);
  if (!node)
    return;
  const auto& what = node.mapped().what;
  what.from->settle(what.tag, broker::verdict::ack);
}

void delivery_core::set_aside_failed(uint64_t number, time_point now) {
  if (held_.contains(number))
    timers_.emplace(now + options_.max_backoff, number);
}

delivery_core::round delivery_core::due(time_point now) {
  round result;
  auto end = timers_.upper_bound(now);
  for (auto i = timers_.begin(); i != end; ++i) {
    auto found = held_.find(i->second);
    if (found == held_.end())
      continue;
    if (found->second.aside) {
      result.aside.push_back(i->second);
      continue;
    }
    result.again.push_back(std::move(found->second));
    held_.erase(found);
  }
  timers_.erase(timers_.begin(), end);
  return result;
}

std::optional<time_point> delivery_core::next_due() const {
  if (timers_.empty())
    return std::nullopt;
  return timers_.begin()->first;
}

size_t delivery_core::give_back_waiting() {
  size_t result = 0;
  for (const auto& [due, number] : std::exchange(timers_, {}))
    if (auto node = held_.extract(number)) {
      const auto& what = node.mapped().what;
      what.from->settle(what.tag, broker::verdict::give_back);
      ++result;
    }
  return result;
}

size_t delivery_core::give_back_all() {
  timers_.clear();
  auto all = std::exchange(held_, {});
  for (const auto& [number, x] : all)
    x.what.from->settle(x.what.tag, broker::verdict::give_back);
  return all.size();
}

} // namespace mica::detail
