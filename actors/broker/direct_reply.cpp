#include "broker/direct_reply.hpp"

#include <utility>

namespace mica::detail {

direct_reply::direct_reply(size_t subscribers, std::function<void(error)> done)
  : open_(subscribers),
    done_(std::move(done)) {
  // nop
}

// Each subscriber's shell settles once.
void direct_reply::settle(uint64_t, broker::verdict how) noexcept {
  finish(how == broker::verdict::ack
             ? error{}
             : error{errc::unavailable, "the subscriber is stopping"});
}

void direct_reply::fail(error why) noexcept {
  finish(std::move(why));
}

void direct_reply::finish(error why) noexcept {
  std::function<void(error)> done;
  {
    std::lock_guard guard{mtx_};
    if (why && !failure_)
      failure_ = std::move(why);
    if (open_ == 0 || --open_ > 0)
      return;
    done = std::exchange(done_, nullptr);
    why = std::move(failure_);
  }
  done(std::move(why));
}

} // namespace mica::detail
