#define CAF_SUITE gossip_registry

#include "contract/registry_worlds.hpp"
#include "support/line_list.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;
using namespace mica::discovery;
using mica::test::line_list;
using namespace std::chrono_literals;

namespace {

struct world : test::real_registry_world {
  world() : real_registry_world({.name = "gossip", .settle = 10s}) {
    first = spawn("first", {});
    use(first);
  }

  ~world() override {
    // Before the lists that it writes to.
    end_registries();
  }

  registry_actor spawn(const std::string& name, std::vector<std::string> seeds) {
    gossip_options options;
    options.address = "127.0.0.1:0";
    options.name = name;
    options.addresses = std::move(seeds);
    auto& told = name == "first" ? notices : notices_of_second;
    options.notice = [&told](const std::string& line) { told.add(line); };
    if (name == "first")
      options.report = [this](const std::string& line) { reports.add(line); };
    auto result = spawn_gossip_registry(system(), options);
    if (!result)
      throw std::runtime_error(to_string(from_caf(result.error())));
    return std::move(*result);
  }

  line_list notices, notices_of_second, reports;
  registry_actor first;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(gossip_registry_tests, world)

  CAF_TEST(members that come and go are noticed and are no trouble) {
    auto listening = notices.get();
    CAF_REQUIRE_EQUAL(listening.size(), 1u);
    std::string prefix = "gossip: listening on ";
    CAF_REQUIRE_EQUAL(listening[0].substr(0, prefix.size()), prefix);
    auto second = spawn("second", {listening[0].substr(prefix.size())});
    CAF_CHECK(notices.await("gossip: second joined", 10s));
    // Who leaves tells those whom it knows.
    CAF_CHECK(notices_of_second.await("gossip: first joined", 10s));
    caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
    CAF_CHECK(notices.await("gossip: second left", 10s));
    CAF_CHECK_EQUAL(reports.get().size(), 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
