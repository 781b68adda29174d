#define CAF_SUITE zookeeper_registry_contract

#include "contract/registry_worlds.hpp"
#include "servers/real_server.hpp"

#include "mica/discovery/zookeeper.hpp"

using namespace std::chrono_literals;

namespace {

struct zookeeper_world : mica::test::real_registry_world {
  zookeeper_world()
    : real_registry_world({.name = "zookeeper",
                           .settle = 10s,
                           .can = mica::discovery::zookeeper_capabilities}) {
    mica::discovery::zookeeper_options options;
    options.addresses = {mica::test::shared_server(MICA_ZOOKEEPER_DIR, "zookeeper")};
    use(mica::discovery::spawn_zookeeper_registry(system(), options),
        mica::discovery::spawn_zookeeper_registry(system(), options));
  }

  ~zookeeper_world() {
    end_registries();
  }
};

} // namespace

#define MICA_REGISTRY_WORLD zookeeper_world
#include "contract/registry_contract.hpp"
