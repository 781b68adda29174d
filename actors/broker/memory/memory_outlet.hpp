// The way into the topics that publishers take.

#pragma once

#include "broker/memory/topic_bus.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/atom.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace mica::broker::memory {

/// Message to the actor: look at the time.
using tick_atom = caf::atom_constant<caf::atom("tick")>;

/// Shared by the broker's actor and all who publish. Thread-safe once `actor` is set.
class memory_outlet : public outlet {
public:
  memory_outlet(std::shared_ptr<topic_bus> bus, std::function<time_point()> now);

  void publish(event_ptr what, publish_done done) override;

  /// What became of publishes that had to wait; outlives the outlet with them.
  struct ledger {
    std::atomic<size_t> waiting{0};
    std::atomic<size_t> failed{0};
    /// Failed, and nobody wanted to know.
    std::atomic<size_t> lost{0};
  };

  const std::shared_ptr<topic_bus> bus;
  const std::function<time_point()> now;
  const std::shared_ptr<ledger> book = std::make_shared<ledger>();
  std::atomic<bool> connected{false};
  /// A tick is on its way to the actor.
  std::atomic<bool> armed{false};
  /// Ticks while something waits. Weak: it owns this.
  caf::weak_actor_ptr actor;

private:
  topic_bus::wait_terms terms_of(publish_done& done);
  void wake();
};

} // namespace mica::broker::memory
