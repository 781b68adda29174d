// The actor system of one service.

#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstddef>

namespace mica::detail {

/// One CAF actor system with its I/O lane and workers. No globals: several may live
/// side by side. Its threads never take signals.
class runtime {
public:
  /// @param workers threads of the scheduler; 0 means as many as the process may
  ///        use (its affinity mask).
  explicit runtime(size_t workers = 0);

  /// Waits until every actor has ended: end them first.
  ~runtime();

  caf::actor_system& system() noexcept {
    return *system_;
  }

private:
  struct config : caf::actor_system_config {
    explicit config(size_t workers);
  };

  config config_;
  std::unique_ptr<caf::actor_system> system_;
};

/// False on a worker or on the I/O lane, where waiting would stop others.
bool may_block() noexcept;

} // namespace mica::detail
