#include "consul/registry_state.hpp"

#include <caf/actor_system.hpp>

#include <utility>

namespace mica::discovery {

registry_actor spawn_consul_registry(caf::actor_system& system,
                                     consul_options options) {
  return system.spawn(http_registry<consul::registry_state, consul_options>,
                      std::move(options));
}

} // namespace mica::discovery
