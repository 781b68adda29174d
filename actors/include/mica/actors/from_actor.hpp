// Calling a service from a CAF actor of your own.

#pragma once

#include "mica/actors/continuation.hpp"

#include <caf/actor.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/timespan.hpp>

#include <functional>
#include <utility>

namespace mica {

namespace detail {

/// The client actor behind a bridge; it answers `caller::start` by `continuation`.
const caf::actor& client_of(const bridge& over);

} // namespace detail

/// The actor system of a service: where actors that call through it belong. CAF lets
/// the sender's system run the receiver, so that an actor of another system may find
/// itself on a thread that ends with this service.
caf::actor_system& system_of(service& of);

/// The `caller` for generated stubs: continuations run in `self`, between its other
/// messages. An actor that ends first never sees them.
///
/// ```
/// client.hello(mica::from(self), request, [=](mica::expected<HelloResponse> x) {...});
/// ```
template <class Self>
caller from(Self* self) {
  return caller{[self](const detail::bridge& over, caller::start begin) {
    // A client that has ended fails the call, here and now.
    auto fail = [begin](const caf::error&) {
      begin([](std::function<void()> run) { run(); });
    };
    self->request(detail::client_of(over), caf::infinite, std::move(begin))
        .then([](detail::continuation& x) { x.run(); }, std::move(fail));
  }};
}

} // namespace mica
