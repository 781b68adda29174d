#define CAF_SUITE kafka_broker_contract

#include "contract/broker_worlds.hpp"
#include "mica/actors/brokers.hpp"
#include "servers/real_server.hpp"

#include <utility>

namespace {

using namespace std::chrono_literals;

// The server is one for all cases that do not kill it: theirs is their own.
struct kafka_world : mica::test::real_broker_world {
  kafka_world()
    : real_broker_world({.promises = {.name = "kafka",
                                      .at_least_once = true,
                                      .redelivers = true,
                                      .keeps = true,
                                      .ordered = false},
                         .settle = 20s,
                         .quiet = 300ms,
                         .redelivery = 20s,
                         .recovery = 60s,
                         .large_bytes = 700'000,
                         .too_large_bytes = 1'100'000,
                         .many = 2'000,
                         .bad_topic = "white space"}) {
    use_server(mica::test::shared_server(MICA_KAFKA_DIR, "Kafka"));
  }

  ~kafka_world() override {
    end_all();
  }

  bool has_server() override {
    if (!own) {
      // The first who asks means to kill it.
      own = std::make_unique<mica::test::own_server>("kafka");
      use_server(own->address());
    }
    return true;
  }

  void stop_server() override {
    own->kill();
  }

  void start_server() override {
    own->start();
  }

  void use_server(const std::string& address) {
    end_all();
    mica::broker_environment env;
    env.addresses = {address};
    env.service = "contract";
    auto source = mica::kafka_broker({.publish_time = 15s, .drain_time = 1s});
    use(*source.make(system(), env), *source.make(system(), env));
  }

  std::unique_ptr<mica::test::own_server> own;
};

} // namespace

#define MICA_BROKER_WORLD kafka_world
#include "contract/broker_contract.hpp"
