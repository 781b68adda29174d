#define CAF_SUITE mdns_registry_contract

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

using namespace std::chrono_literals;

namespace {

struct mdns_world : mica::test::real_registry_world {
  mdns_world()
    : real_registry_world({.name = "mdns",
                           .settle = 10s,
                           .can = mica::discovery::mdns_capabilities,
                           .lease_slack = 5s}) {
    use(spawn(), spawn());
  }

  mica::discovery::registry_actor spawn() {
    mica::discovery::mdns_options options;
    options.interfaces = {"lo"};
    auto result = mica::discovery::spawn_mdns_registry(system(), options);
    if (!result)
      throw std::runtime_error(to_string(mica::from_caf(result.error())));
    return std::move(*result);
  }
};

} // namespace

#define MICA_REGISTRY_WORLD mdns_world
#include "contract/registry_contract.hpp"
