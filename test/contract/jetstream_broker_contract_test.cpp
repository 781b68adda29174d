#define CAF_SUITE jetstream_broker_contract

#include "actors/broker/nats/nats_worlds.hpp"

namespace {

using namespace std::chrono_literals;

struct jetstream_world : mica::test::nats_world_base {
  jetstream_world()
    : nats_world_base({.promises = {.name = "jetstream",
                                    .at_least_once = true,
                                    .redelivers = true,
                                    .keeps = true},
                       .settle = 10s,
                       .quiet = 50ms,
                       .redelivery = 10s,
                       .recovery = 20s,
                       .large_bytes = 700'000,
                       .too_large_bytes = 1'100'000,
                       .many = 2'000,
                       .bad_topic = "a..b"},
                      mica::jetstream_broker({.server = {.publish_time = 8s}})) {
    // nop
  }
};

} // namespace

#define MICA_BROKER_WORLD jetstream_world
#include "contract/broker_contract.hpp"
