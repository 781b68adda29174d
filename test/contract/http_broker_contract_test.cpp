// On loopback, with a registry in memory that both brokers share.

#define CAF_SUITE http_broker_contract

#include "contract/broker_worlds.hpp"

#include "mica/actors/http_broker.hpp"
#include "mica/discovery/registries.hpp"

#include <caf/send.hpp>

namespace {

using namespace std::chrono_literals;
using namespace mica;

struct http_world : test::real_broker_world {
  http_world()
    : real_broker_world(
        {.promises = {.name = "http", .at_least_once = true, .ordered = false},
         .settle = 20s,
         .quiet = 50ms,
         .too_large_bytes = 4 * 1024 * 1024 + 1}),
      registry(discovery::spawn_memory_registry(system())) {
    broker_environment env;
    env.addresses = {"127.0.0.1:0"};
    env.registry = [this] { return expected{registry}; };
    auto source = http_broker();
    use(*source.make(system(), env), *source.make(system(), env));
  }

  ~http_world() override {
    caf::anon_send_exit(registry, caf::exit_reason::user_shutdown);
  }

  discovery::registry_actor registry;
};

} // namespace

#define MICA_BROKER_WORLD http_world
#include "contract/broker_contract.hpp"
