#define CAF_SUITE registry_front_real_time_contract

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

namespace {

// The front's contract again on CAF's own scheduler and clock: nothing runs in the
// order that a test would choose.
struct real_front_world : mica::test::real_registry_world {
  real_front_world()
    : real_registry_world({.name = "memory", .settle = std::chrono::seconds{10}}) {
    auto backend = mica::discovery::spawn_memory_registry(system());
    mica::discovery::registry_options options;
    options.register_interval = std::chrono::milliseconds{0};
    use(spawn_registry(system(), backend, options),
        spawn_registry(system(), backend, options));
    also_end(backend);
  }
};

} // namespace

#define MICA_REGISTRY_WORLD real_front_world
#include "contract/registry_contract.hpp"
