#define CAF_SUITE memory_registry

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/exit_reason.hpp>

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

struct memory_fixture : test::virtual_registry_world {
  memory_fixture() : virtual_registry_world({.name = "memory"}) {
    use(spawn_memory_registry(system()));
  }

  static service_record node_of(const std::string& service, const std::string& id) {
    return {service, "1", {}, {}, {{id, "127.0.0.1:80", {}}}};
  }

  using strings = std::vector<std::string>;

  strings live(const std::string& service = "greeter") {
    strings result;
    if (auto found = look_up(service))
      for (const auto& version : found->versions)
        for (const auto& x : version.nodes)
          result.push_back(x.id);
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(memory_registry_tests, memory_fixture)

  CAF_TEST(a node is forgotten exactly when its lease ends) {
    CAF_REQUIRE(put(node_of("greeter", "a"), 10s));
    advance(10s - 1ns);
    CAF_CHECK_EQUAL(live(), strings{"a"});
    advance(1ns);
    CAF_CHECK_EQUAL(live(), strings{});
  }

  CAF_TEST(a renewal extends the lease from the renewal on) {
    CAF_REQUIRE(put(node_of("greeter", "a"), 10s));
    advance(6s);
    CAF_REQUIRE(put(node_of("greeter", "a"), 10s));
    advance(9s);
    CAF_CHECK_EQUAL(live(), strings{"a"});
    advance(1s);
    CAF_CHECK_EQUAL(live(), strings{});
  }

  CAF_TEST(a renewal may shorten a lease or take its end away) {
    CAF_REQUIRE(put(node_of("greeter", "a"), 10s));
    CAF_REQUIRE(put(node_of("greeter", "a"), 2s));
    CAF_REQUIRE(put(node_of("greeter", "b"), 2s));
    CAF_REQUIRE(put(node_of("greeter", "b"), 0s));
    advance(2s);
    CAF_CHECK_EQUAL(live(), strings{"b"});
    advance(24h);
    CAF_CHECK_EQUAL(live(), strings{"b"});
  }

  CAF_TEST(a watcher is told at the end of a lease and not later) {
    auto watcher = watch("greeter");
    CAF_REQUIRE(put(node_of("greeter", "long"), 60s));
    CAF_REQUIRE(put(node_of("greeter", "short"), 10ms));
    CAF_CHECK_EQUAL(watcher.last().versions[0].nodes.size(), 2u);
    advance(10ms);
    CAF_CHECK_EQUAL(watcher.last().versions[0].nodes.size(), 1u);
    advance(60s - 10ms - 1ns);
    CAF_CHECK_EQUAL(watcher.last().versions.size(), 1u);
    advance(1ns);
    CAF_CHECK_EQUAL(watcher.last().versions.size(), 0u);
  }

  CAF_TEST(watchers are not told what they know) {
    auto watcher = watch("greeter");
    for (auto times = 0; times < 3; ++times)
      CAF_REQUIRE(put(node_of("greeter", "a"), 10s));
    CAF_REQUIRE(drop(node_of("greeter", "nobody")));
    CAF_CHECK_EQUAL(watcher.taken().size(), 2u);
  }

  CAF_TEST(many leases end each at its own time) {
    for (auto number = 1; number <= 50; ++number)
      CAF_REQUIRE(put(node_of("s" + std::to_string(number % 5), std::to_string(number)),
                      number * 1s));
    auto left = [&] {
      size_t result = 0;
      for (auto number = 0; number < 5; ++number)
        result += live("s" + std::to_string(number)).size();
      return result;
    };
    for (size_t gone = 0; gone <= 50; ++gone) {
      CAF_CHECK_EQUAL(left(), 50 - gone);
      advance(1s);
    }
    auto all = list();
    CAF_REQUIRE(all);
    CAF_CHECK(all->empty());
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  // A lease that has yet to end must not hold up the end of the process.
  CAF_TEST(a system ends at once although a lease has not) {
    caf::actor_system_config config;
    config.set("scheduler.max-threads", size_t{1});
    auto start = std::chrono::steady_clock::now();
    {
      caf::actor_system system{config};
      caf::scoped_actor self{system};
      auto registry = spawn_memory_registry(system);
      auto front = spawn_registry(system, registry, registry_options{});
      self->request(front, caf::infinite, register_atom::value,
                    memory_fixture::node_of("greeter", "a"), caf::timespan{60s})
          .receive([](caf::ok_atom) {},
                   [](const caf::error&) { CAF_FAIL("not registered"); });
      self->request(front, caf::infinite, lookup_atom::value, "greeter")
          .receive([](const snapshot& x) { CAF_CHECK_EQUAL(x.versions.size(), 1u); },
                   [](const caf::error&) { CAF_FAIL("not found"); });
      self->send_exit(front, caf::exit_reason::user_shutdown);
      self->send_exit(registry, caf::exit_reason::user_shutdown);
    }
    CAF_CHECK_LESS((std::chrono::steady_clock::now() - start) / 1ms, 5'000);
  }
