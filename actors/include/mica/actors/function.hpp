// A function: a service that is used once.

#pragma once

#include "mica/actors/service.hpp"

#include <optional>
#include <string>

namespace mica {

/// A service that serves exactly one call (of any handler of the program) or one event
/// (of any of its subscribers) and ends.
///
/// The first call whose request could be read has it; it is taken when its handler is
/// about to run, and from then on the node stands in the registry no more. Others that
/// come before the end are refused with 503, `errc::unavailable`, unseen by any
/// handler, so that their callers may go to another node; later ones find nobody. What
/// does not use it up: `Debug.*`, health checks, reflection, requests that can't be
/// decoded, calls whose deadline has passed.
///
/// An event has the function when it could be decoded and its subscriber is about to
/// run, and keeps it until its fate is known: acknowledged, or, its deliveries used up,
/// set aside or dropped. From then on nothing is subscribed to; events that had come
/// before go back to the broker unseen.
///
/// Source: Go Micro's Function; docs/guide/function.md says what differs.
class function : public service {
public:
  explicit function(std::string name, service_options options = {});
  ~function();

  /// Exit status of `run`.
  enum status : int {
    /// The call was answered well, or the event acknowledged; or a signal came before.
    served = 0,
    /// It did not start; stderr says why.
    not_started = 1,
    /// The handler answered with an error, or no delivery of the event went well.
    failed = 2,
  };

  /// `init`, `start`, waits for the call's end or for SIGTERM, SIGINT or SIGQUIT,
  /// `stop`, which sends the answer. Returns a `status`.
  int run(int argc, char** argv);
  int run();

  /// For programs that start and stop by themselves: blocks until the call or the event
  /// is over or a signal comes. The node is taken out of the registry when it begins.
  /// @returns how it ended, "none" for success; nothing if there was none.
  std::optional<error> wait();

  /// How the call or the event ended; nothing before.
  std::optional<error> outcome() const;
};

} // namespace mica
