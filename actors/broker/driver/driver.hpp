// What a broker with a client library does beneath its actor.

#pragma once

#include "mica/actors/broker.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>

namespace mica::broker {

using publish_done = std::function<void(expected<void>)>;
using subscribe_done = std::function<void(expected<subscription_ptr>)>;
using report_function = std::function<void(const std::string& line)>;

/// Calls of a client library. All but `publish` come from one thread, one at a time,
/// and may block up to the limits of the broker's options; `publish` is as `outlet`
/// says. Errors are those of `broker_actor`.
class driver : public outlet {
public:
  virtual expected<void> connect() = 0;

  /// Ends the subscriptions too. `publish` answers `errc::unavailable` afterwards.
  virtual expected<void> disconnect() = 0;

  /// `done` is called exactly once, on any thread, perhaps at once.
  virtual void subscribe(subscribe_request what, subscribe_done done) = 0;

  /// No delivery is sent afterwards; does nothing for one that has ended.
  /// @param abandoned nobody is left who could settle: all of it is given back.
  virtual void unsubscribe(const subscription_ptr& what, bool abandoned) = 0;

  virtual traits promises() const = 0;

  /// Empty before `connect`.
  virtual std::string address() const = 0;
};

/// An actor with a thread of its own, as the calls may block. Its end disconnects.
broker_ref spawn_driver(caf::actor_system& system, std::shared_ptr<driver> what);

} // namespace mica::broker
