// A test fixture in which nothing happens unless the test says so.

#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

namespace mica::test {

/// An actor system with a single-threaded scheduler and a clock that stands
/// still. Tests never sleep: they `run` pending messages and `advance` time.
class deterministic_system {
public:
  /// @param announce adds the message types the test needs.
  template <class Announce>
  explicit deterministic_system(Announce announce)
    : cfg_(announce),
      sys(cfg_),
      self(sys) {
    // nop
  }

  /// Delivers messages until all mailboxes are empty. Fires no timeouts.
  void run() {
    while (sched().try_run_once())
      ; // repeat
  }

  /// Moves the clock forward, fires the timeouts that came due, runs messages.
  void advance(caf::timespan delta) {
    sched().advance_time(delta);
    run();
  }

  /// Sends a request, runs until idle and returns the reply.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& receiver, Ts&&... xs) {
    auto pending = self->request(receiver, caf::infinite, std::forward<Ts>(xs)...);
    run();
    caf::expected<T> result{caf::no_error};
    pending.receive([&](T& x) { result = std::move(x); },
                    [&](caf::error& err) { result = std::move(err); });
    return result;
  }

private:
  struct config : caf::actor_system_config {
    template <class Announce>
    explicit config(Announce announce) {
      announce(*this);
      set("scheduler.policy", caf::atom("testing"));
    }
  };

  caf::scheduler::test_coordinator& sched() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
  }

  config cfg_;

public:
  caf::actor_system sys;
  caf::scoped_actor self;
};

} // namespace mica::test
