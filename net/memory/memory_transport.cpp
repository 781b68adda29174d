#include "mica/net/transport.hpp"

#include "memory/memory_sockets.hpp"

namespace mica::net {

transport_source memory_transport() {
  auto folder = std::make_shared<socket_folder>();
  return {"memory",
          [folder](caf::actor_system& system, listener_options options,
                   const transport_environment&) -> expected<listener_actor> {
            if (options.sharing != port_sharing::none)
              return error{errc::invalid_argument,
                           "the transport memory has one lane; leave --lanes out"};
            options.sockets = memory_sockets(folder);
            return spawn_listener(system, std::move(options));
          },
          [folder](caf::actor_system& system, pool_options options,
                   const transport_environment&) {
            options.sockets = memory_sockets(folder);
            return spawn_pool(system, std::move(options));
          }};
}

} // namespace mica::net
