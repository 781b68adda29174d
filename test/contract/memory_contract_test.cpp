#define CAF_SUITE memory_registry_contract

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

namespace {

struct memory_world : mica::test::virtual_registry_world {
  memory_world()
    : virtual_registry_world({.name = "memory",
                              .can = mica::discovery::memory_capabilities,
                              .many_nodes = 2'000}) {
    use(mica::discovery::spawn_memory_registry(system()));
  }
};

} // namespace

#define MICA_REGISTRY_WORLD memory_world
#include "contract/registry_contract.hpp"
