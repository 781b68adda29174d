#define CAF_SUITE memory_broker_contract

#include "contract/broker_worlds.hpp"

#include "mica/actors/brokers.hpp"

namespace {

struct memory_world : mica::test::virtual_broker_world {
  memory_world()
    : virtual_broker_world({.promises = {.name = "memory", .redelivers = true},
                            .too_large_bytes = 17'000'000}) {
    auto source = mica::memory_broker();
    use(*source.make(system(), {}), *source.make(system(), {}));
  }
};

} // namespace

#define MICA_BROKER_WORLD memory_world
#include "contract/broker_contract.hpp"
