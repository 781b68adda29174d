#include "mica/net/transport.hpp"

namespace mica::net {

transport_source http_transport() {
  return {"http",
          [](caf::actor_system& system, listener_options options,
             const transport_environment&) {
            return spawn_listener(system, std::move(options));
          },
          [](caf::actor_system& system, pool_options options,
             const transport_environment&) {
            return spawn_pool(system, std::move(options));
          }};
}

} // namespace mica::net
