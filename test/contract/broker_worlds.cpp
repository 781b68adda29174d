#include "contract/broker_worlds.hpp"

#include <caf/io/middleman.hpp>

#include <chrono>

namespace mica::test {

using namespace std::chrono_literals;

virtual_broker_world::virtual_broker_world(broker_expectations expectations)
  : broker_world(std::move(expectations)),
    det_([](caf::actor_system_config&) {}) {
  // nop
}

virtual_broker_world::~virtual_broker_world() {
  end_all();
}

bool virtual_broker_world::within(caf::timespan limit,
                                  const std::function<bool()>& holds) {
  constexpr auto steps = 32;
  deliver();
  for (auto step = 0; step < steps; ++step) {
    if (holds())
      return true;
    det_.advance(limit / steps + 1ns);
  }
  return holds();
}

real_broker_world::config::config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", size_t{2});
  set("middleman.workers", size_t{0});
  load<caf::io::middleman>();
}

real_broker_world::real_broker_world(broker_expectations expectations)
  : broker_world(std::move(expectations)),
    system_(config_),
    self_(system_) {
  // nop
}

real_broker_world::~real_broker_world() {
  end_all();
}

bool real_broker_world::within(caf::timespan limit,
                               const std::function<bool()>& holds) {
  return changed().await(limit, holds);
}

} // namespace mica::test
