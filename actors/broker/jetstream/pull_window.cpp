#include "broker/jetstream/pull_window.hpp"

#include <algorithm>

namespace mica::broker::jetstream {

pull_window::pull_window(size_t prefetch) : prefetch_(prefetch) {
  // nop
}

std::optional<pull> pull_window::next(size_t unsettled, time_point now) {
  auto used = unsettled + open_;
  if (used >= prefetch_)
    return std::nullopt;
  auto room = std::min(prefetch_ - used, max_batch);
  // While others are open, a quarter of the prefetch has to be free.
  if (open_ > 0 && room * 4 < std::min(prefetch_, max_batch))
    return std::nullopt;
  pull result{++last_, room};
  requests_.emplace(result.number, request{room, now + expires + grace});
  open_ += room;
  return result;
}

void pull_window::arrived() {
  if (requests_.empty())
    return;
  auto oldest = requests_.begin();
  --open_;
  if (--oldest->second.left == 0)
    requests_.erase(oldest);
}

void pull_window::ended(uint64_t number) {
  auto found = requests_.find(number);
  if (found == requests_.end())
    return;
  open_ -= found->second.left;
  requests_.erase(found);
}

void pull_window::reset() {
  requests_.clear();
  open_ = 0;
}

void pull_window::expire(time_point now) {
  while (!requests_.empty() && requests_.begin()->second.until <= now)
    ended(requests_.begin()->first);
}

} // namespace mica::broker::jetstream
