#include "wrapper/slots.hpp"

#include <utility>

namespace mica::detail {

slots::verdict slots::ask(bool may_wait) {
  std::lock_guard guard{mtx_};
  // Who waits comes first.
  if (taken_ < places_ && waiting_.empty()) {
    ++taken_;
    return verdict::enter;
  }
  if (!may_wait || waiting_.size() + coming_ >= line_)
    return verdict::refuse;
  ++coming_;
  return verdict::wait;
}

void slots::wait(std::function<bool()> go) {
  std::unique_lock guard{mtx_};
  --coming_;
  waiting_.push_back(std::move(go));
  serve(guard);
}

void slots::leave() {
  std::unique_lock guard{mtx_};
  --taken_;
  serve(guard);
}

void slots::serve(std::unique_lock<std::mutex>& guard) {
  if (std::exchange(serving_, true))
    return;
  while (taken_ < places_ && !waiting_.empty()) {
    auto go = std::move(waiting_.front());
    waiting_.pop_front();
    ++taken_;
    guard.unlock();
    auto went = go();
    // What it holds may be the last to hold a call: not under the lock.
    go = nullptr;
    guard.lock();
    if (!went)
      --taken_;
  }
  serving_ = false;
}

size_t slots::taken() const {
  std::lock_guard guard{mtx_};
  return taken_;
}

} // namespace mica::detail
