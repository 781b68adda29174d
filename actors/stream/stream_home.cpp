#include "stream/stream_home.hpp"

#include "stream/stream_core.hpp"

#include <caf/actor_cast.hpp>
#include <caf/resumable.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mica::detail {

namespace {

bool runs_on_lane(const caf::actor& x) {
  auto* y = dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(x));
  return y != nullptr && y->subtype() == caf::resumable::io_actor;
}

} // namespace

stream_home::~stream_home() {
  // nop
}

actor_home::actor_home(caf::actor actor)
  : actor_(std::move(actor)),
    on_lane_(runs_on_lane(actor_)) {
  // nop
}

void actor_home::wake(std::shared_ptr<stream_core> stream) {
  caf::anon_send(actor_, stream_wakeup{std::move(stream)});
}

shell_home::shell_home(caf::actor shell)
  : shell_(std::move(shell)),
    on_lane_(runs_on_lane(shell_)) {
  // nop
}

void shell_home::wake(std::shared_ptr<stream_core> stream) {
  {
    std::lock_guard guard{mtx_};
    woken_.push_back(std::move(stream));
    if (woken_.size() > 1)
      return;
  }
  caf::anon_send(shell_, shell_wakeup{shared_from_this()});
}

void shell_home::run() {
  {
    std::lock_guard guard{mtx_};
    running_.swap(woken_);
  }
  for (auto& weak : running_)
    if (auto stream = weak.lock())
      stream->run();
  running_.clear();
}

} // namespace mica::detail
