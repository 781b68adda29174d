#include "consul/watch_table.hpp"

#include "consul/health.hpp"

#include <algorithm>

namespace mica::discovery::consul {

std::chrono::milliseconds back_off(size_t failures, double random) {
  using ms = std::chrono::milliseconds;
  constexpr int64_t longest = 10'000;
  // 200 ms doubled six times is above the limit.
  auto doublings = std::min<size_t>(failures > 0 ? failures - 1 : 0, 6);
  auto base = std::min<int64_t>(longest, int64_t{200} << doublings);
  auto chosen = static_cast<int64_t>(static_cast<double>(base) * (0.5 + random / 2));
  return ms{std::clamp<int64_t>(chosen, 100, longest)};
}

watch_table::watch_table(watch_limits limits) : limits_(limits) {
  // nop
}

bool watch_table::add(const std::string& service, time_point now) {
  if (entries_.find(service) != entries_.end())
    return true;
  if (entries_.size() >= limits_.services)
    return false;
  enqueue(service, entries_[service], now);
  return true;
}

void watch_table::remove(const std::string& service) {
  auto found = entries_.find(service);
  if (found == entries_.end())
    return;
  if (found->second.open)
    close(found->second);
  else
    dequeue(service, found->second);
  entries_.erase(found);
}

std::vector<watch_table::query> watch_table::start(time_point now) {
  std::vector<query> out;
  start_from(first_, open_first_, limits_.first_queries, now, out);
  start_from(blocking_, open_blocking_, limits_.blocking_queries, now, out);
  return out;
}

void watch_table::start_from(queue& from, size_t& open, size_t limit, time_point now,
                             std::vector<query>& out) {
  while (open < limit && !from.empty() && from.begin()->first <= now) {
    auto service = from.begin()->second;
    from.erase(from.begin());
    auto& x = entries_[service];
    x.open = true;
    x.started = now;
    ++open;
    out.push_back({std::move(service), x.index,
                   x.index == 0 ? std::chrono::milliseconds{0} : wait_now()});
  }
}

void watch_table::answered(const std::string& service,
                           std::optional<std::string_view> index, time_point now) {
  auto found = entries_.find(service);
  if (found == entries_.end() || !found->second.open)
    return;
  auto& x = found->second;
  close(x);
  x.failures = 0;
  auto next = next_index(x.index, index);
  x.index = next.index;
  auto pause = next.usable ? limits_.interval : limits_.without_index;
  enqueue(service, x, std::max(now, x.started + pause));
}

void watch_table::failed(const std::string& service, time_point now, double random) {
  auto found = entries_.find(service);
  if (found == entries_.end() || !found->second.open)
    return;
  auto& x = found->second;
  close(x);
  x.index = 0;
  ++x.failures;
  enqueue(service, x, now + back_off(x.failures, random));
}

void watch_table::agent_is_back(time_point now) {
  for (auto& [service, x] : entries_) {
    if (x.open || x.failures == 0 || x.due <= now)
      continue;
    dequeue(service, x);
    enqueue(service, x, std::max(now, x.started + limits_.interval));
  }
}

std::optional<watch_table::time_point> watch_table::next_due() const {
  std::optional<time_point> result;
  auto look = [&](const queue& from, size_t open, size_t limit) {
    if (open < limit && !from.empty() && (!result || from.begin()->first < *result))
      result = from.begin()->first;
  };
  look(first_, open_first_, limits_.first_queries);
  look(blocking_, open_blocking_, limits_.blocking_queries);
  return result;
}

void watch_table::enqueue(const std::string& service, entry& x, time_point due) {
  x.due = due;
  queue_of(x).emplace(due, service);
}

void watch_table::dequeue(const std::string& service, const entry& x) {
  queue_of(x).erase({x.due, service});
}

watch_table::queue& watch_table::queue_of(const entry& x) {
  return x.index == 0 ? first_ : blocking_;
}

void watch_table::close(entry& x) {
  x.open = false;
  --(x.index == 0 ? open_first_ : open_blocking_);
}

std::chrono::milliseconds watch_table::wait_now() const {
  if (entries_.size() <= limits_.blocking_queries)
    return limits_.wait;
  auto share = limits_.wait * static_cast<int64_t>(limits_.blocking_queries)
               / static_cast<int64_t>(entries_.size());
  return std::max(limits_.shortest_wait, share);
}

} // namespace mica::discovery::consul
