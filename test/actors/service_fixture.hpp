// Services in one process that find each other through a registry in memory.

#pragma once

#include "echo_service.hpp"

#include "mica/actors/registry_source.hpp"
#include "mica/discovery/registries.hpp"
#include "runtime/runtime.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace mica::test {

class service_fixture {
public:
  service_fixture()
    : registry_(discovery::spawn_memory_registry(registry_home_.system())),
      probe(std::make_shared<echo_probe>()) {
    // nop
  }

  ~service_fixture() {
    caf::anon_send_exit(registry_, caf::exit_reason::user_shutdown);
  }

  /// Options of a service that listens on loopback and uses the shared registry.
  service_options options() {
    service_options result;
    result.address = "127.0.0.1:0";
    result.registry = std::make_shared<registry_source>(
        "memory", [this](caf::actor_system&) { return registry_; }, false);
    return result;
  }

  const discovery::registry_actor& registry() const noexcept {
    return registry_;
  }

  std::unique_ptr<service> make(std::string name, handle_options how = {}) {
    return make(std::move(name), how, options());
  }

  std::unique_ptr<service> make(std::string name, handle_options how,
                                service_options what) {
    auto result = std::make_unique<service>(std::move(name), std::move(what));
    result->handle<echo>(how, probe, result.get());
    return result;
  }

private:
  detail::runtime registry_home_{1};
  discovery::registry_actor registry_;

public:
  std::shared_ptr<echo_probe> probe;
};

} // namespace mica::test
