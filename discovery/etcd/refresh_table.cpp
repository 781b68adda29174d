#include "etcd/refresh_table.hpp"

#include "etcd/wire.hpp"
#include "registry/lease_book.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery::etcd {

refresh_table::refresh_table(refresh_limits limits) : limits_(limits) {
  // nop
}

bool refresh_table::add(const std::string& service, time_point now) {
  if (entries_.find(service) != entries_.end())
    return true;
  if (entries_.size() >= limits_.services)
    return false;
  auto& x = entries_[service];
  x.part = path_part(service);
  by_part_[x.part].insert(service);
  enqueue(service, x, now);
  return true;
}

void refresh_table::remove(const std::string& service) {
  auto found = entries_.find(service);
  if (found == entries_.end())
    return;
  dequeue(service, found->second);
  if (found->second.open)
    --open_;
  auto same = by_part_.find(found->second.part);
  same->second.erase(service);
  if (same->second.empty())
    by_part_.erase(same);
  entries_.erase(found);
}

void refresh_table::changed(const std::string& part, int64_t revision, time_point now) {
  auto found = by_part_.find(part);
  if (found == by_part_.end())
    return;
  for (const auto& service : found->second)
    want(service, entries_[service], revision, now);
}

void refresh_table::all_changed(int64_t revision, time_point now) {
  for (auto& [service, x] : entries_) {
    // A store that was replaced counts from the start.
    x.wanted = revision;
    x.read = -1;
    x.failures = 0;
    want(service, x, revision, now);
  }
}

std::vector<std::string> refresh_table::start(time_point now) {
  std::vector<std::string> result;
  while (open_ < limits_.reads && !queue_.empty() && queue_.begin()->first <= now) {
    auto service = queue_.begin()->second;
    auto& x = entries_[service];
    dequeue(service, x);
    x.open = true;
    x.started = now;
    ++open_;
    result.push_back(std::move(service));
  }
  return result;
}

void refresh_table::answered(const std::string& service, int64_t revision,
                             time_point now) {
  auto found = entries_.find(service);
  if (found == entries_.end() || !found->second.open)
    return;
  auto& x = found->second;
  x.open = false;
  --open_;
  x.failures = 0;
  x.read = revision;
  if (x.read < x.wanted)
    enqueue(service, x, std::max(now, x.started + limits_.interval));
}

void refresh_table::failed(const std::string& service, time_point now, double random) {
  auto found = entries_.find(service);
  if (found == entries_.end() || !found->second.open)
    return;
  auto& x = found->second;
  x.open = false;
  --open_;
  auto pause = back_off(++x.failures, limits_.longest_pause, random);
  enqueue(service, x, now + std::chrono::duration_cast<time_point::duration>(pause));
}

void refresh_table::is_back(time_point now) {
  for (auto& [service, x] : entries_) {
    if (x.open || x.failures == 0 || !x.due || *x.due <= now)
      continue;
    dequeue(service, x);
    enqueue(service, x, std::max(now, x.started + limits_.interval));
  }
}

std::optional<refresh_table::time_point> refresh_table::next_due() const {
  if (queue_.empty() || open_ >= limits_.reads)
    return std::nullopt;
  return queue_.begin()->first;
}

void refresh_table::want(const std::string& service, entry& x, int64_t revision,
                         time_point now) {
  x.wanted = std::max(x.wanted, revision);
  if (!x.open && !x.due && x.read < x.wanted)
    enqueue(service, x, std::max(now, x.started + limits_.interval));
}

void refresh_table::enqueue(const std::string& service, entry& x, time_point due) {
  dequeue(service, x);
  x.due = due;
  queue_.emplace(due, service);
}

void refresh_table::dequeue(const std::string& service, entry& x) {
  if (!x.due)
    return;
  queue_.erase({*x.due, service});
  x.due.reset();
}

} // namespace mica::discovery::etcd
