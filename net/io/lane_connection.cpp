#include "io/lane_connection.hpp"

#include "io/lane_inbox.hpp"

#include <caf/actor_cast.hpp>

namespace mica::net {

thread_local const lane_connection* lane_connection::active_connection = nullptr;

lane_connection::lane_connection(caf::actor_config& cfg,
                                 std::shared_ptr<lane_inbox> inbox)
  : net_broker(cfg),
    inbox_(std::move(inbox)) {
  // nop
}

lane_connection::~lane_connection() {
  // nop
}

lane_connection* lane_connection::of(const caf::actor& x) noexcept {
  return dynamic_cast<lane_connection*>(caf::actor_cast<caf::abstract_actor*>(x));
}

void command(lane_connection& to, const caf::actor& handle, uint64_t stream,
             stream_command&& what) {
  if (to.active())
    to.apply(stream, std::move(what));
  else
    to.inbox()->push(handle, stream, std::move(what));
}

} // namespace mica::net
