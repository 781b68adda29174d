#include "mica/actors/task.hpp"

#include <memory>

namespace mica {

task::~task() {
  if (frame_)
    frame_.destroy();
}

bool task::running() const noexcept {
  return frame_ && !frame_.done();
}

bool task::ended() const noexcept {
  return frame_ && frame_.done();
}

std::exception_ptr task::failure() const noexcept {
  return frame_ ? frame_.promise().failure_ : nullptr;
}

void task::when_done(void (*then)(void*), void* about) noexcept {
  frame_.promise().then_ = then;
  frame_.promise().about_ = about;
}

void task::detach(std::function<void(std::exception_ptr)> done) && {
  // Owns itself until the coroutine ends.
  struct alone {
    task what;
    std::function<void(std::exception_ptr)> done;
  };
  if (!running()) {
    if (done)
      done(failure());
    return;
  }
  auto* self = new alone{{}, std::move(done)};
  self->what = std::move(*this);
  self->what.when_done(
      [](void* about) {
        std::unique_ptr<alone> mine{static_cast<alone*>(about)};
        // The frame goes first: `done` may look at what it held.
        auto failure = mine->what.failure();
        mine->what = {};
        if (mine->done)
          mine->done(std::move(failure));
      },
      self);
}

} // namespace mica
