#define CAF_SUITE consul.real_agent

#include "contract/registry_samples.hpp"
#include "contract/registry_worlds.hpp"
#include "discovery/reporting_world.hpp"
#include "real_agent.hpp"
#include "servers/certificate_files.hpp"
#include "servers/real_server.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::test;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

struct fixture : reporting_world {
  fixture() : reporting_world({.name = "consul", .settle = 20s}) {
    consul_options options;
    options.addresses = {agent.address()};
    options.timeout = 3s;
    options.report = reporter();
    use(spawn_consul_registry(system(), options));
  }

  ~fixture() override {
    // Before its server.
    end_registries();
  }

  /// "yes" if a lookup fails as it should while nobody listens; else what it did. The
  /// first one may still meet the dying connection.
  std::string names_refusal(const std::string& service) {
    auto result = look_up(service);
    if (result)
      return "found";
    const auto& failure = result.error();
    if (failure.reason != errc::unavailable
        || failure.detail.find(agent.address()) == std::string::npos)
      CAF_ERROR("not a clear failure: " << failure.detail);
    return failure.detail.find("Connection refused") != std::string::npos
               ? "yes"
               : failure.detail;
  }

  own_agent agent;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(real_agent_tests, fixture)

  CAF_TEST(registrations and watches survive a killed agent) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    agent.kill();
    // Lookups in between fail clearly, and what was known is marked.
    auto refused = settled([&] { return names_refusal("greeter"); }, "yes");
    CAF_CHECK_EQUAL(refused, "yes");
    auto renewed = put(record, 60s);
    CAF_CHECK(!renewed && renewed.error().reason == errc::unavailable);
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    CAF_CHECK(reported("going on with what is known"));
    agent.restart();
    // Kept on disk by the agent: there again without any word of ours.
    CAF_CHECK_EQUAL(settled([&] { return found("greeter"); }, "greeter-1 "),
                    "greeter-1 ");
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    CAF_CHECK(put(record, 60s));
    // The watch goes on.
    CAF_REQUIRE(put(other_node(record), 60s));
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 greeter-1-other "),
                    "greeter-1 greeter-1-other ");
    CAF_CHECK(reported("answers again"));
  }

  CAF_TEST(an agent that lost its data gets everything again by renewal) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    agent.kill();
    // On a fast machine the agent is back within the pause between two queries.
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    agent.restart_empty();
    // The indexes of the new agent are lower.
    CAF_CHECK_EQUAL(seen(watcher, ""), "");
    CAF_CHECK_EQUAL(settled([&] { return found("greeter"); }, "service_not_found"),
                    "service_not_found");
    CAF_CHECK(put(record, 60s));
    CAF_CHECK_EQUAL(found("greeter"), "greeter-1 ");
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
  }

  CAF_TEST(a registration is found when it is acknowledged) {
    for (int i = 0; i < 20; ++i) {
      auto record = registry_samples::greeter("greeter-" + std::to_string(i));
      CAF_REQUIRE(put(record, 60s));
      CAF_CHECK_EQUAL(found(record.name), record.name + "-1 ");
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST(an agent is reached over TLS by those with a certificate alone) {
    certificate_files files;
    own_server agent{"consul", "CONSUL_TLS='" + files.cert + "," + files.key + ","
                                   + files.ca + "'"};
    struct plain_world : reporting_world {
      plain_world() : reporting_world({.name = "consul", .settle = 20s}) {
        // nop
      }
    } world;
    consul_options options;
    options.addresses = {"https://" + agent.address()};
    options.ca_file = files.ca;
    world.use(spawn_consul_registry(world.system(), options));
    auto refused = world.put(registry_samples::greeter("greeter"), 60s);
    CAF_CHECK(!refused && refused.error().reason == errc::unavailable);
    CAF_CHECK(!consul_answers(options, 5s));
    options.cert_file = files.cert;
    options.key_file = files.key;
    CAF_CHECK(consul_answers(options, 5s));
    world.also_end(world.registry());
    world.use(spawn_consul_registry(world.system(), options));
    CAF_CHECK(world.put(registry_samples::greeter("greeter"), 60s));
    CAF_CHECK(world.look_up("greeter").has_value());
  }

  CAF_TEST(the usual agent is recognized) {
    consul_options options;
    options.addresses = {shared_agent()};
    CAF_CHECK(consul_answers(options, 5s));
  }
