#include "etcd/registry_state.hpp"

#include <caf/actor_system.hpp>

#include <utility>

namespace mica::discovery {

registry_actor spawn_etcd_registry(caf::actor_system& system, etcd_options options) {
  return system.spawn(http_registry<etcd::registry_state, etcd_options>,
                      std::move(options));
}

} // namespace mica::discovery
