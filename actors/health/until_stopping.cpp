#include "health/until_stopping.hpp"

#include <atomic>
#include <utility>

namespace mica::detail {

void while_open(watch_list& list, context& call, const stream_ptr& peer,
                std::function<void()> then) {
  struct state {
    std::atomic<bool> scheduled{false};
    std::function<void()> then;
  };
  auto shared = std::make_shared<state>();
  shared->then = std::move(then);
  auto watch = list.add([weak = std::weak_ptr{peer}, about = std::weak_ptr{shared}] {
    auto stream = weak.lock();
    auto now = about.lock();
    if (!stream || !now || now->scheduled.exchange(true))
      return;
    stream->at_home([about] {
      // Gone with the call.
      if (auto kept = about.lock()) {
        kept->scheduled = false;
        kept->then();
      }
    });
  });
  // A call that has ended forgets these functions: that ends the watch.
  call.on_cancel([watch, shared] {});
}

void until_stopping(const std::shared_ptr<health_board>& board, context& call,
                    const stream_ptr& peer, std::function<void()> then) {
  if (board->get() == readiness::stopping)
    return then();
  while_open(board->watchers(), call, peer, [board, then = std::move(then)] {
    if (board->get() == readiness::stopping)
      then();
  });
}

} // namespace mica::detail
