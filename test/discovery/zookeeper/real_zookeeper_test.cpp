#define CAF_SUITE zookeeper.real_server

#include "contract/registry_samples.hpp"
#include "contract/registry_worlds.hpp"
#include "discovery/reporting_world.hpp"
#include "servers/real_server.hpp"
#include "zookeeper/session.hpp"

#include "mica/discovery/zookeeper.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica::discovery;
using namespace mica::test;
using namespace std::chrono_literals;

using mica::errc;

namespace {

struct fixture : reporting_world {
  fixture() : reporting_world({.name = "zookeeper", .settle = 20s}) {
    zookeeper_options options;
    options.addresses = {server.address()};
    options.session_timeout = 2s;
    options.report = reporter();
    use(spawn_zookeeper_registry(system(), options));
  }

  ~fixture() override {
    // Before its server.
    end_registries();
  }

  /// A server that has just started closes its first connections.
  bool writes(zookeeper::session& to, const std::string& path,
              const std::string& value) {
    return eventually([&] { return to.write(path, value).has_value(); }, 0s);
  }

  own_server server{"zookeeper"};
  service_record record = registry_samples::greeter("greeter");
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(real_zookeeper_tests, fixture)

  CAF_TEST(registrations and watches survive a killed ZooKeeper) {
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    server.kill();
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    auto refused = put(record, 60s);
    CAF_REQUIRE(!refused);
    CAF_CHECK(refused.error().reason == errc::unavailable);
    CAF_CHECK(refused.error().detail.find(server.address()) != std::string::npos);
    server.start();
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    auto other = record;
    other.nodes[0].id += "-other";
    CAF_REQUIRE(put(other, 60s));
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 greeter-1-other "),
                    "greeter-1 greeter-1-other ");
    CAF_CHECK(reported("going on with what is known"));
    CAF_CHECK(reported("answers again"));
  }

  CAF_TEST(a server that lost everything is joined by a new session) {
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    server.kill();
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    // It refuses who has seen more than it has.
    server.start_empty();
    CAF_CHECK_EQUAL(seen(watcher, ""), "");
    CAF_CHECK(reported("the session has expired"));
    CAF_REQUIRE(put(record, 60s));
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
  }

  CAF_TEST(watches go on in a new session after theirs has expired) {
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    server.kill();
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    // It has seen more than we have, and knows nothing of our session.
    server.start_empty();
    auto side = zookeeper::session::open(server.address(), 2s, [](const auto&) {});
    CAF_REQUIRE(side);
    for (int i = 0; i < 50; ++i)
      CAF_REQUIRE(writes(**side, "/elsewhere", std::to_string(i)));
    CAF_CHECK_EQUAL(seen(watcher, ""), "");
    CAF_CHECK(reported("the session has expired"));
    CAF_REQUIRE(put(record, 60s));
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
  }

  CAF_TEST(broken records are ignored and told) {
    CAF_REQUIRE(put(record));
    auto side = zookeeper::session::open(server.address(), 2s, [](const auto&) {});
    CAF_REQUIRE(side);
    CAF_REQUIRE(writes(**side, "/micro-registry/greeter/bad", "{"));
    CAF_CHECK_EQUAL(found("greeter"), "greeter-1 ");
    CAF_CHECK(reported("ignored in ZooKeeper: key /micro-registry/greeter/bad"));
  }

  CAF_TEST(a node lies where Go Micro looks for it) {
    CAF_REQUIRE(put(record));
    auto side = zookeeper::session::open(server.address(), 2s, [](const auto&) {});
    CAF_REQUIRE(side);
    auto stored = (*side)->get("/micro-registry/greeter/greeter-1");
    CAF_REQUIRE(stored);
    CAF_CHECK_EQUAL(*stored, to_json(record));
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST(addresses that are none are refused by name) {
    zookeeper_options options;
    // Named: CAF's checks look at what they compare once more, later.
    std::string usual = *zookeeper::server_list(options);
    CAF_CHECK_EQUAL(usual, "127.0.0.1:2181");
    options.addresses = {"a", "[::1]:7"};
    std::string listed = *zookeeper::server_list(options);
    CAF_CHECK_EQUAL(listed, "a:2181,[::1]:7");
    for (auto bad : {"", "a:b", "a,b", "a/b", "a:99999"}) {
      options.addresses = {bad};
      auto result = zookeeper::server_list(options);
      CAF_REQUIRE(!result);
      CAF_CHECK(result.error().reason == errc::invalid_argument);
    }
  }
