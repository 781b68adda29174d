#define CAF_SUITE consul.real_agent

#include "contract/registry_samples.hpp"
#include "contract/registry_worlds.hpp"
#include "real_agent.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/test/unit_test.hpp>

#include <mutex>

using namespace mica::discovery;
using namespace mica::test;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

struct fixture : real_registry_world {
  fixture() : real_registry_world({.name = "consul", .settle = 10s}) {
    consul_options options;
    options.addresses = {agent.address()};
    options.timeout = 3s;
    options.report = [this](const std::string& line) {
      std::lock_guard guard{mutex};
      reports.push_back(line);
    };
    use(spawn_consul_registry(system(), options));
  }

  ~fixture() {
    end_registries();
    for (const auto& line : reports)
      CAF_MESSAGE("reported: " << line);
  }

  bool soon(const std::function<bool()>& holds) {
    return eventually(holds, 10s);
  }

  bool finds(const service_record& record) {
    auto found = look_up(record.name);
    return found && found->versions == std::vector<service_record>{record};
  }

  bool reported(const std::string& text) {
    std::lock_guard guard{mutex};
    for (const auto& line : reports)
      if (line.find(text) != std::string::npos)
        return true;
    return false;
  }

  own_agent agent;
  std::mutex mutex;
  std::vector<std::string> reports;
};

service_record other_node(service_record record) {
  record.nodes[0].id += "-other";
  return record;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(real_agent_tests, fixture)

  CAF_TEST(registrations and watches survive a killed agent) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE(soon([&] {
      return watcher.last().versions == std::vector<service_record>{record};
    }));
    agent.kill();
    // Lookups in between fail clearly, and what was known is marked.
    auto found = look_up("greeter");
    CAF_REQUIRE(!found);
    CAF_CHECK(found.error().reason == errc::unavailable);
    CAF_CHECK_NOT_EQUAL(found.error().detail.find(agent.address()), std::string::npos);
    CAF_CHECK_NOT_EQUAL(found.error().detail.find("Connection refused"),
                        std::string::npos);
    auto renewed = put(record, 60s);
    CAF_CHECK(!renewed && renewed.error().reason == errc::unavailable);
    CAF_CHECK(soon([&] { return watcher.last().stale_for.has_value(); }));
    CAF_CHECK(watcher.last().versions == std::vector<service_record>{record});
    CAF_CHECK(reported("going on with what is known"));
    agent.restart();
    // Kept on disk by the agent: there again without any word of ours.
    CAF_CHECK(soon([&] { return finds(record); }));
    CAF_CHECK(soon([&] { return !watcher.last().stale_for; }));
    CAF_CHECK(put(record, 60s));
    // The watch goes on.
    auto both = record;
    both.nodes.push_back(other_node(record).nodes[0]);
    CAF_REQUIRE(put(other_node(record), 60s));
    CAF_CHECK(soon(
        [&] { return watcher.last().versions == std::vector<service_record>{both}; }));
    CAF_CHECK(reported("answers again"));
  }

  CAF_TEST(an agent that lost its data gets everything again by renewal) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE(soon([&] { return !watcher.last().versions.empty(); }));
    agent.kill();
    agent.restart_empty();
    // The indexes of the new agent are lower.
    CAF_CHECK(soon(
        [&] { return watcher.last().versions.empty() && !watcher.last().stale_for; }));
    CAF_CHECK(!look_up("greeter"));
    CAF_CHECK(put(record, 60s));
    CAF_CHECK(finds(record));
    CAF_CHECK(soon([&] {
      return watcher.last().versions == std::vector<service_record>{record};
    }));
  }

  CAF_TEST(a registration is found when it is acknowledged) {
    for (int i = 0; i < 20; ++i) {
      auto record = registry_samples::greeter("greeter-" + std::to_string(i));
      CAF_REQUIRE(put(record, 60s));
      CAF_CHECK(finds(record));
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST(the usual agent is recognized) {
    consul_options options;
    options.addresses = {shared_agent()};
    CAF_CHECK(consul_answers(options, 5s));
  }
