#define CAF_SUITE etcd_registry_contract

#include "contract/registry_worlds.hpp"
#include "servers/real_server.hpp"

#include "mica/discovery/etcd.hpp"

using namespace std::chrono_literals;

namespace {

struct etcd_world : mica::test::real_registry_world {
  etcd_world()
    : real_registry_world({.name = "etcd",
                           .settle = 10s,
                           .can = mica::discovery::etcd_capabilities,
                           .lease_slack = 5s}) {
    mica::discovery::etcd_options options;
    options.addresses = {mica::test::shared_server(MICA_ETCD_DIR, "etcd")};
    use(mica::discovery::spawn_etcd_registry(system(), options),
        mica::discovery::spawn_etcd_registry(system(), options));
  }

  ~etcd_world() {
    end_registries();
  }
};

} // namespace

#define MICA_REGISTRY_WORLD etcd_world
#include "contract/registry_contract.hpp"
