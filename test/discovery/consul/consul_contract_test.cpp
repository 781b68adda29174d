#define CAF_SUITE consul_registry_contract

#include "contract/registry_worlds.hpp"
#include "real_agent.hpp"

#include "mica/discovery/registries.hpp"

using namespace std::chrono_literals;

namespace {

struct consul_world : mica::test::real_registry_world {
  consul_world()
    : real_registry_world({.name = "consul",
                           .settle = 10s,
                           .can = mica::discovery::consul_capabilities,
                           .lease_slack = 5s,
                           .many_nodes = 50}) {
    mica::discovery::consul_options options;
    options.addresses = {mica::test::consul::shared_agent()};
    use(mica::discovery::spawn_consul_registry(system(), options),
        mica::discovery::spawn_consul_registry(system(), options));
  }

  ~consul_world() {
    end_registries();
  }
};

} // namespace

#define MICA_REGISTRY_WORLD consul_world
#include "contract/registry_contract.hpp"
