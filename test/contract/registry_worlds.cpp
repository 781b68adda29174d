#include "contract/registry_worlds.hpp"

#include <caf/io/middleman.hpp>

#include <chrono>
#include <thread>

namespace mica::test {

using namespace std::chrono_literals;

virtual_registry_world::virtual_registry_world(registry_traits traits)
  : registry_world(std::move(traits)),
    det_([](caf::actor_system_config&) {}) {
  // nop
}

virtual_registry_world::~virtual_registry_world() {
  end_registries();
}

bool virtual_registry_world::eventually(const std::function<bool()>& holds,
                                        caf::timespan extra) {
  constexpr auto steps = 32;
  auto limit = traits().settle + extra;
  deliver();
  for (auto step = 0; step < steps; ++step) {
    if (holds())
      return true;
    advance(limit / steps + 1ns);
  }
  return holds();
}

real_registry_world::config::config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", size_t{2});
  set("middleman.workers", size_t{0});
  load<caf::io::middleman>();
}

real_registry_world::real_registry_world(registry_traits traits)
  : registry_world(std::move(traits)),
    system_(config_),
    self_(system_) {
  // nop
}

real_registry_world::~real_registry_world() {
  end_registries();
}

bool real_registry_world::eventually(const std::function<bool()>& holds,
                                     caf::timespan extra) {
  auto deadline = std::chrono::steady_clock::now() + traits().settle + extra;
  for (;;) {
    auto over = std::chrono::steady_clock::now() >= deadline;
    if (holds())
      return true;
    if (over)
      return false;
    std::this_thread::sleep_for(5ms);
  }
}

} // namespace mica::test
