// One delivery, from its arrival to its verdict.

#pragma once

#include "mica/actors/broker.hpp"
#include "mica/actors/subscriber.hpp"
#include "server/pending_call.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace mica::detail {

/// Belongs to its subscriber's shell, which alone touches it, but for `settle_later`,
/// which is for any thread.
class pending_event : public std::enable_shared_from_this<pending_event> {
public:
  pending_event(std::shared_ptr<server_environment> where, caf::actor at)
    : env(std::move(where)),
      shell(std::move(at)) {
    // nop
  }

  /// Makes it ready for another delivery. @pre nobody else holds it.
  void reset(broker::delivery&& next, uint32_t number);

  /// From any thread: the verdict travels to the shell. The first one wins; "none" is
  /// an ack.
  void settle_later(error why);

  /// At the shell: takes the right to settle. False if somebody else has.
  bool claim() noexcept {
    return !taken_.exchange(true);
  }

  /// Tells who watches; the last step of a delivery.
  void tell(const error& why);

  const std::shared_ptr<server_environment> env;
  const caf::actor shell;
  broker::delivery what;
  uint32_t attempt = 1;
  bool deferred = false;
  std::vector<std::function<void(const error&)>> on_done;

private:
  std::atomic<bool> taken_{false};
};

using pending_event_ptr = std::shared_ptr<pending_event>;

/// Message to a shell: a deferred event was settled. "None" is an ack.
struct late_verdict {
  pending_event_ptr which;
  error why;
};

/// Returns the delivery behind a context.
const pending_event_ptr& event_of(event_context& from);

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::late_verdict)
