#define CAF_SUITE static_registry_contract

#include "contract/registry_worlds.hpp"

#include "mica/discovery/static_nodes.hpp"

namespace {

/// What is registered besides the listed nodes.
struct static_world : mica::test::virtual_registry_world {
  static_world()
    : virtual_registry_world({.name = "static",
                              .can = mica::discovery::static_capabilities,
                              .many_nodes = 2'000}) {
    auto made = mica::discovery::spawn_static_registry(
        system(), {.nodes = {"listed=127.0.0.1:1"}});
    if (!made)
      throw std::runtime_error(to_string(mica::from_caf(made.error())));
    use(std::move(*made));
  }
};

} // namespace

#define MICA_REGISTRY_WORLD static_world
#include "contract/registry_contract.hpp"
