// Subscribing a CAF actor of your own. Needs CAF; mica/actors/service.hpp does not.

#pragma once

#include "mica/actors/event.hpp"
#include "mica/actors/from_actor.hpp"
#include "mica/actors/service.hpp"
#include "mica/actors/subscriber.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/send.hpp>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace mica {

/// Message to an actor that subscribed: an event, and the way to settle it, from any
/// thread. When the last copy goes without ack or nack, that is a nack.
template <class Event>
class received {
public:
  received(std::shared_ptr<const Event> message, event_ptr raw, uint32_t attempt,
           settlement how)
    : message_(std::move(message)),
      raw_(std::move(raw)),
      attempt_(attempt),
      how_(std::move(how)) {
    // nop
  }

  const Event& message() const noexcept {
    return *message_;
  }

  /// Topic, headers and the body as it came.
  const event& raw() const noexcept {
    return *raw_;
  }

  /// 1 for the first delivery.
  uint32_t attempt() const noexcept {
    return attempt_;
  }

  void ack() const {
    how_.ack();
  }

  /// Comes again after a back-off, as `subscribe_options` say.
  void nack(error why) const {
    how_.nack(std::move(why));
  }

private:
  std::shared_ptr<const Event> message_;
  event_ptr raw_;
  uint32_t attempt_;
  settlement how_;
};

namespace detail {

/// The event itself, shared.
event_ptr raw_of(event_context& from);

/// Passes events on to an actor.
template <class Event>
class forwarder final : public subscriber<Event> {
public:
  explicit forwarder(caf::actor to) : to_(std::move(to)) {
    // nop
  }

  expected<void> on_event(event_context& context, const Event& event) override {
    caf::anon_send(to_, received<Event>{std::make_shared<const Event>(event),
                                        raw_of(context), context.attempt(),
                                        context.defer()});
    return {};
  }

private:
  caf::actor to_;
};

void subscribe_actor(service& via, std::string topic, subscribe_options options,
                     std::function<std::unique_ptr<event_handler>()> make,
                     caf::actor user, const caller& from,
                     std::function<void(expected<void>)> then);

} // namespace detail

/// Subscribes the actor `self` in a started service: from now on it gets
/// `received<Event>` messages, at most `options.prefetch` of them unsettled. Ends with
/// the actor and with the service; what is unsettled then is given back. Returns at
/// once. Where the actor runs is its own affair: `options.placement` means nothing
/// here.
///
/// @param then runs in `self` when the subscription is there, or failed
///        (`errc::unavailable`: the service does not run; and as `broker_actor` says).
///
/// ```
/// mica::subscribe<Event>(self, service, "events", {.queue = "audit"});
/// return {[=](const mica::received<Event>& x) { use(x.message()); x.ack(); }};
/// ```
template <class Event, class Self>
void subscribe(Self* self, service& via, std::string topic,
               subscribe_options options = {},
               std::function<void(expected<void>)> then = {}) {
  auto user = caf::actor_cast<caf::actor>(self);
  if (!then)
    then = [](const expected<void>&) {};
  detail::subscribe_actor(
      via, std::move(topic), std::move(options),
      [user]() -> std::unique_ptr<event_handler> {
        return std::make_unique<detail::forwarder<Event>>(user);
      },
      user, from(self), std::move(then));
}

} // namespace mica

namespace caf {

template <class Event>
struct allowed_unsafe_message_type<mica::received<Event>> : std::true_type {};

} // namespace caf
