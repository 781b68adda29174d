#include "stream/caller_home.hpp"

#include "stream/stream_core.hpp"

#include <thread>
#include <utility>

namespace mica::detail {

continuation_home::continuation_home(std::function<void(caller::start)> run)
  : run_(std::move(run)) {
  // nop
}

continuation_home::~continuation_home() {
  // Whoever waits for a continuation would wait for ever.
  if (next_)
    next_([] {});
}

bool continuation_home::arm() {
  // A caller whose client has ended begins at once, on this very thread.
  struct question {
    std::thread::id thread = std::this_thread::get_id();
    bool open = true;
    bool answered = false;
  };
  auto asked = std::make_shared<question>();
  run_([weak = weak_from_this(), asked](caller::finish finish) {
    if (std::this_thread::get_id() == asked->thread && asked->open) {
      asked->answered = true;
      return;
    }
    auto self = weak.lock();
    if (!self)
      return finish([] {});
    std::shared_ptr<stream_core> stream;
    {
      std::lock_guard guard{self->mtx_};
      stream = std::exchange(self->waiting_, nullptr);
      if (!stream) {
        self->next_ = std::move(finish);
        return;
      }
    }
    finish([self, stream] { self->go_on(stream); });
  });
  asked->open = false;
  return !asked->answered;
}

void continuation_home::go_on(const std::shared_ptr<stream_core>& stream) {
  if (!arm())
    stream->arrive_failure({errc::unavailable, "the client was stopped"});
  stream->run();
}

void continuation_home::wake(std::shared_ptr<stream_core> stream) {
  caller::finish next;
  {
    std::lock_guard guard{mtx_};
    next = std::exchange(next_, nullptr);
    if (!next) {
      waiting_ = std::move(stream);
      return;
    }
  }
  next(
      [self = shared_from_this(), stream = std::move(stream)] { self->go_on(stream); });
}

void lane_home::wake(std::shared_ptr<stream_core> stream) {
  lane_.post([stream = std::move(stream)] { stream->run(); });
}

void nowhere::wake(std::shared_ptr<stream_core> stream) {
  stream->run();
}

} // namespace mica::detail
