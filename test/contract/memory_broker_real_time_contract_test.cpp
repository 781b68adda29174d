// The same with threads: what a settling subscriber and a publisher do to each other.

#define CAF_SUITE memory_broker_real_time_contract

#include "contract/broker_worlds.hpp"

#include "mica/actors/brokers.hpp"

namespace {

using namespace std::chrono_literals;

struct memory_world : mica::test::real_broker_world {
  memory_world()
    : real_broker_world({.promises = {.name = "memory", .redelivers = true},
                         .settle = 10s,
                         .quiet = 20ms,
                         .redelivery = 10s,
                         .many = 20'000}) {
    auto source =
        mica::memory_broker({.waiting_events = 100, .waiting_publishes = 20'000});
    use(*source.make(system(), {}), *source.make(system(), {}));
  }
};

} // namespace

#define MICA_BROKER_WORLD memory_world
#include "contract/broker_contract.hpp"
