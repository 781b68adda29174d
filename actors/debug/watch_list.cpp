#include "debug/watch_list.hpp"

#include <utility>
#include <vector>

namespace mica::detail {

watch_list::watch watch_list::add(std::function<void()> then) {
  std::lock_guard guard{state_->mtx};
  auto number = state_->next++;
  state_->functions.emplace(
      number, std::make_shared<const std::function<void()>>(std::move(then)));
  // The list may go first.
  return {nullptr, [weak = std::weak_ptr{state_}, number](void*) {
            std::shared_ptr<const std::function<void()>> last;
            if (auto from = weak.lock()) {
              std::lock_guard lock{from->mtx};
              auto i = from->functions.find(number);
              // What the function holds is destroyed without the lock.
              last = std::move(i->second);
              from->functions.erase(i);
            }
          }};
}

// Without the lock: a function may end its own watch.
void watch_list::notify() const {
  std::vector<std::shared_ptr<const std::function<void()>>> functions;
  {
    std::lock_guard guard{state_->mtx};
    functions.reserve(state_->functions.size());
    for (const auto& [number, then] : state_->functions)
      functions.push_back(then);
  }
  for (const auto& then : functions)
    (*then)();
}

size_t watch_list::size() const {
  std::lock_guard guard{state_->mtx};
  return state_->functions.size();
}

} // namespace mica::detail
