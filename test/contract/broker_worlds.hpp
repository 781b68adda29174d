// The two kinds of surroundings of a broker: virtual time, and real time with servers.

#pragma once

#include "contract/broker_world.hpp"
#include "support/deterministic_system.hpp"

#include <caf/actor_system_config.hpp>

namespace mica::test {

/// Nothing happens unless the case says so; no time passes by itself.
class virtual_broker_world : public broker_world {
public:
  explicit virtual_broker_world(broker_expectations expectations);
  ~virtual_broker_world() override;

  caf::actor_system& system() override {
    return det_.sys;
  }

  caf::scoped_actor& self() override {
    return det_.self;
  }

  void deliver() override {
    det_.run();
  }

  bool within(caf::timespan limit, const std::function<bool()>& holds) override;

protected:
  caf::duration patience() const override {
    return caf::duration{caf::infinite};
  }

private:
  deterministic_system det_;
};

/// CAF's usual scheduler and clock, for brokers that talk to the network.
class real_broker_world : public broker_world {
public:
  explicit real_broker_world(broker_expectations expectations);
  ~real_broker_world() override;

  caf::actor_system& system() override {
    return system_;
  }

  caf::scoped_actor& self() override {
    return self_;
  }

  void deliver() override {
    // nop
  }

  bool within(caf::timespan limit, const std::function<bool()>& holds) override;

protected:
  caf::duration patience() const override {
    return caf::duration{std::chrono::seconds{30}};
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
