#include "registry/lease_book.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery {

namespace {

constexpr auto first_delay = std::chrono::milliseconds{500};

} // namespace

std::chrono::nanoseconds back_off(size_t failures, std::chrono::nanoseconds longest,
                                  double random) {
  // 2^20 half seconds are six days.
  auto doublings = std::min<size_t>(std::max<size_t>(failures, 1) - 1, 20);
  auto delay =
      std::min<std::chrono::nanoseconds>(first_delay * (1 << doublings), longest);
  auto half = static_cast<double>(delay.count()) / 2;
  return std::chrono::nanoseconds{static_cast<int64_t>(half + half * random)};
}

lease_book::lease_book(duration interval) : interval_(interval) {
  // nop
}

uint64_t lease_book::hold(lease x) {
  release(x.record);
  auto id = ++last_id_;
  held_.emplace(id, entry{std::move(x), std::nullopt, 0});
  return id;
}

void lease_book::release(const service_record& record) {
  auto is_released = [&](const node& x) {
    return std::any_of(record.nodes.begin(), record.nodes.end(),
                       [&](const node& y) { return x.id == y.id; });
  };
  for (auto i = held_.begin(); i != held_.end();) {
    auto& mine = i->second.what.record;
    if (mine.name == record.name)
      std::erase_if(mine.nodes, is_released);
    i = mine.nodes.empty() ? held_.erase(i) : std::next(i);
  }
}

void lease_book::give_up(uint64_t id) {
  held_.erase(id);
}

void lease_book::succeeded(uint64_t id, time_point now, double random) {
  auto found = held_.find(id);
  if (found == held_.end())
    return;
  found->second.failures = 0;
  if (interval_.count() == 0)
    return;
  auto jitter =
      static_cast<int64_t>(static_cast<double>(interval_.count()) / 10 * random);
  found->second.due = now + interval_ - duration{jitter};
}

void lease_book::failed(uint64_t id, time_point now, double random) {
  auto found = held_.find(id);
  if (found == held_.end() || interval_.count() == 0)
    return;
  auto& x = found->second;
  x.due = now + back_off(++x.failures, interval_, random);
}

void lease_book::hurry(time_point now) {
  for (auto& x : held_)
    if (x.second.due)
      x.second.due = std::min(*x.second.due, now);
}

std::vector<std::pair<uint64_t, lease_book::lease>>
lease_book::take_due(time_point now) {
  std::vector<std::pair<uint64_t, lease>> result;
  for (auto& [id, x] : held_)
    if (x.due && *x.due <= now) {
      x.due.reset();
      result.emplace_back(id, x.what);
    }
  return result;
}

std::optional<lease_book::time_point> lease_book::next_due() const {
  std::optional<time_point> first;
  for (const auto& x : held_)
    if (x.second.due && (!first || *x.second.due < *first))
      first = x.second.due;
  return first;
}

} // namespace mica::discovery
