// Brokers of a NATS server that a test can kill.

#pragma once

#include "contract/broker_worlds.hpp"
#include "mica/actors/brokers.hpp"
#include "servers/real_server.hpp"

#include <utility>

namespace mica::test {

/// A server for each case: it starts in no time.
class nats_world_base : public real_broker_world {
public:
  nats_world_base(broker_expectations expectations, const broker_source& source)
    : real_broker_world(std::move(expectations)),
      server_("nats") {
    broker_environment env;
    env.addresses = {server_.address()};
    env.service = "contract";
    use(*source.make(system(), env), *source.make(system(), env));
  }

  ~nats_world_base() override {
    end_all();
  }

  bool has_server() override {
    return true;
  }

  void stop_server() override {
    server_.kill();
  }

  void start_server() override {
    server_.start();
  }

private:
  own_server server_;
};

} // namespace mica::test
