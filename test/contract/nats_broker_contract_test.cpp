#define CAF_SUITE nats_broker_contract

#include "actors/broker/nats/nats_worlds.hpp"

namespace {

using namespace std::chrono_literals;

struct nats_world : mica::test::nats_world_base {
  nats_world()
    : nats_world_base({.promises = {.name = "nats"},
                       .settle = 10s,
                       .quiet = 50ms,
                       .redelivery = 10s,
                       .recovery = 20s,
                       .large_bytes = 700'000,
                       .too_large_bytes = 1'100'000,
                       .many = 20'000,
                       .bad_topic = "white space"},
                      mica::nats_broker({.publish_time = 2s})) {
    // nop
  }
};

} // namespace

#define MICA_BROKER_WORLD nats_world
#include "contract/broker_contract.hpp"
