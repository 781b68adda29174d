// Which registry a service uses.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/actors.hpp"
#include "runtime/settings.hpp"

#include <caf/typed_actor.hpp>

#include <functional>
#include <string>

namespace mica {

class registry_source;

} // namespace mica

namespace mica::detail {

/// Takes a line for the log; may run on any thread and must not block.
using report_function = std::function<void(const std::string&)>;

struct chosen_registry {
  /// With its cache in front. Exit it with `user_shutdown`; its implementation goes
  /// with it.
  discovery::registry_actor front;
  discovery::registry_actor backend;
  std::string name;
  /// Why this one; empty if it was asked for by name.
  std::string reason;
  /// Ends with the front; false: somebody else's.
  bool owned = true;
};

/// Spawns the registry that the settings name; it tells `report` what goes wrong and
/// `notice` what is worth a line all the same. With no name: Consul if an agent answers
/// at its usual address, else mdns (architecture 8).
expected<chosen_registry> choose_registry(caf::actor_system& system,
                                          const settings& from, report_function report,
                                          report_function notice);

/// Spawns a registry of one's own, or of a plugin.
expected<chosen_registry> use_source(caf::actor_system& system,
                                     const registry_source& source,
                                     const settings& from, report_function report);

/// The front for a given backend, with the settings' interval.
chosen_registry with_front(caf::actor_system& system, discovery::registry_actor backend,
                           std::string name, const settings& from);

} // namespace mica::detail
