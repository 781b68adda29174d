#include "debug/watch_list.hpp"

#include <utility>

namespace mica::detail {

watch_list::watch watch_list::add(std::function<void()> then) {
  std::lock_guard guard{state_->mtx};
  auto number = state_->next++;
  state_->functions.emplace(number, std::move(then));
  // The list may go first.
  return {nullptr, [weak = std::weak_ptr{state_}, number](void*) {
            std::function<void()> last;
            if (auto from = weak.lock()) {
              std::lock_guard lock{from->mtx};
              auto i = from->functions.find(number);
              // What the function holds is destroyed without the lock.
              last = std::move(i->second);
              from->functions.erase(i);
            }
          }};
}

void watch_list::notify() const {
  std::lock_guard guard{state_->mtx};
  for (const auto& [number, then] : state_->functions)
    then();
}

size_t watch_list::size() const {
  std::lock_guard guard{state_->mtx};
  return state_->functions.size();
}

} // namespace mica::detail
