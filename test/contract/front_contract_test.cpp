#define CAF_SUITE registry_front_contract

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

namespace {

// Two services' fronts before one registry; nothing is renewed, so that leases end.
struct front_world : mica::test::virtual_registry_world {
  front_world() : virtual_registry_world({.name = "memory", .many_nodes = 2'000}) {
    auto backend = mica::discovery::spawn_memory_registry(system());
    mica::discovery::registry_options options;
    options.register_interval = std::chrono::milliseconds{0};
    use(spawn_registry(system(), backend, options),
        spawn_registry(system(), backend, options));
    also_end(backend);
  }
};

} // namespace

#define MICA_REGISTRY_WORLD front_world
#include "contract/registry_contract.hpp"
