#include "mica/net/transport.hpp"

#include "nats/nats_listener.hpp"
#include "nats/nats_pool.hpp"

namespace mica::net {

transport_source nats_transport(nats_transport_options options) {
  return {"nats",
          [options](caf::actor_system& system, listener_options what,
                    const transport_environment& env) {
            return nats::spawn_listener(system, std::move(what), options, env);
          },
          [options](caf::actor_system& system, pool_options what,
                    const transport_environment& env) -> expected<pool_ref> {
            return nats::spawn_pool(system, std::move(what), options, env);
          },
          carriage::messages};
}

} // namespace mica::net
