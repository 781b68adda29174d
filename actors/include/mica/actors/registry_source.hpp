// A registry of one's own for a service. Needs CAF; mica/actors/service.hpp does not.

#pragma once

#include "mica/discovery/actors.hpp"

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace mica {

/// Makes or hands out the registry that a service puts behind its cache.
class registry_source {
public:
  /// @param make called once, when the service starts or makes its first call. The
  ///        service ends what it gets only if `owned`.
  registry_source(std::string name,
                  std::function<discovery::registry_actor(caf::actor_system&)> make,
                  bool owned = true)
    : name_(std::move(name)),
      make_(std::move(make)),
      owned_(owned) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  bool owned() const noexcept {
    return owned_;
  }

  discovery::registry_actor make(caf::actor_system& system) const {
    return make_(system);
  }

private:
  std::string name_;
  std::function<discovery::registry_actor(caf::actor_system&)> make_;
  bool owned_;
};

} // namespace mica
