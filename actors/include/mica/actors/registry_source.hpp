// A registry of one's own for a service. Needs CAF; mica/actors/service.hpp does not.

#pragma once

#include "mica/actors/service.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/discovery/actors.hpp"

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mica {

/// What a service tells its registry.
struct registry_environment {
  /// `--registry_address` (MICRO_REGISTRY_ADDRESS), split at commas.
  std::vector<std::string> addresses = {};
  /// Gets one line for the log; called on any thread, must not block.
  std::function<void(const std::string& line)> report = {};
};

/// Makes or hands out the registry that a service puts behind its cache.
class registry_source {
public:
  using plain_factory =
      std::function<expected<discovery::registry_actor>(caf::actor_system&)>;
  using factory = std::function<expected<discovery::registry_actor>(
      caf::actor_system&, const registry_environment&)>;

  /// @param make called once, when the service starts or makes its first call. The
  ///        service ends what it gets only if `owned`.
  registry_source(std::string name, factory make, bool owned = true)
    : name_(std::move(name)),
      make_(std::move(make)),
      owned_(owned) {
    // nop
  }

  registry_source(std::string name, plain_factory make, bool owned = true)
    : name_(std::move(name)),
      make_([make = std::move(make)](caf::actor_system& system,
                                     const registry_environment&) {
        return make(system);
      }),
      owned_(owned) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  bool owned() const noexcept {
    return owned_;
  }

  expected<discovery::registry_actor> make(caf::actor_system& system,
                                           const registry_environment& env) const {
    return make_(system, env);
  }

private:
  std::string name_;
  factory make_;
  bool owned_;
};

inline void apply_option(service_options& to, registry_source x) {
  to.registry = std::make_shared<const registry_source>(std::move(x));
}

} // namespace mica
