// The two kinds of surroundings: virtual time, and real time with real servers.

#pragma once

#include "contract/registry_world.hpp"
#include "support/deterministic_system.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace mica::test {

/// Nothing happens unless the case says so; no time passes by itself.
class virtual_registry_world : public registry_world {
public:
  explicit virtual_registry_world(registry_traits traits);
  ~virtual_registry_world() override;

  caf::actor_system& system() override {
    return det_.sys;
  }

  caf::scoped_actor& self() override {
    return det_.self;
  }

  void deliver() override {
    det_.run();
  }

  /// Moves the clock.
  void advance(caf::timespan delta) {
    det_.advance(delta);
  }

  bool eventually(const std::function<bool()>& holds, caf::timespan extra) override;

protected:
  caf::duration patience() const override {
    return caf::duration{caf::infinite};
  }

private:
  deterministic_system det_;
};

/// CAF's usual scheduler and clock, for implementations that talk to the network.
class real_registry_world : public registry_world {
public:
  explicit real_registry_world(registry_traits traits);
  ~real_registry_world() override;

  caf::actor_system& system() override {
    return system_;
  }

  caf::scoped_actor& self() override {
    return self_;
  }

  void deliver() override {
    // nop
  }

  bool eventually(const std::function<bool()>& holds, caf::timespan extra) override;

protected:
  caf::duration patience() const override {
    return caf::duration{std::chrono::seconds{20}};
  }

private:
  struct config : caf::actor_system_config {
    config();
  };

  config config_;
  caf::actor_system system_;
  caf::scoped_actor self_;
};

} // namespace mica::test
