// The memory registry under another name, for registries that fill it.

#pragma once

#include "mica/discovery/actors.hpp"

#include <caf/typed_actor.hpp>

#include <string>

namespace mica::discovery::memory {

/// @param name what it answers to `name_atom`.
registry_actor spawn_registry(caf::actor_system& system, std::string name);

} // namespace mica::discovery::memory
