// The server's half of the transport `nats`.

#pragma once

#include "nats/link.hpp"

namespace mica::net::nats {

/// Connects (blocks) and spawns the listener of one subject.
expected<listener_actor> spawn_listener(caf::actor_system& system,
                                        listener_options options,
                                        const nats_transport_options& nats,
                                        const transport_environment& env);

} // namespace mica::net::nats
