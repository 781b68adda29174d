#include "stream/stream_home.hpp"

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

} // namespace mica::detail
