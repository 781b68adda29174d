#define CAF_SUITE registry_contract

#include "contract/registry_cases.hpp"
#include "contract/registry_samples.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <caf/test/unit_test.hpp>

#include <algorithm>

namespace mica::test::registry_cases {

using namespace mica::discovery;
using namespace registry_samples;

namespace {

void must(const expected<caf::ok_atom>& done) {
  if (!done)
    CAF_FAIL("refused: " << to_string(done.error()));
}

expected<caf::ok_atom> put_at(registry_world& world, const registry_actor& at,
                              const service_record& record) {
  return world.ask<caf::ok_atom>(at, register_atom::value, record, caf::timespan{0});
}

size_t nodes_in(const snapshot& x) {
  size_t result = 0;
  for (const auto& version : x.versions)
    result += version.nodes.size();
  return result;
}

// Ids, sorted, of what a lookup returns; empty if not found.
std::vector<std::string> ids(registry_world& world, const registry_actor& at,
                             const std::string& service) {
  std::vector<std::string> result;
  if (auto found = world.look_up(at, service))
    for (const auto& version : found->versions)
      for (const auto& x : version.nodes)
        result.push_back(x.id);
  std::sort(result.begin(), result.end());
  return result;
}

bool sees(registry_world& world, const recorder& watcher,
          const std::vector<service_record>& versions) {
  return world.eventually([&] {
    auto last = watcher.last();
    return !last.service.empty() && last.versions == versions;
  });
}

} // namespace

void a_watcher_gets_what_is_there_at_once(registry_world& world) {
  auto record = greeter(world.unique("watched"));
  must(world.put(record));
  CAF_REQUIRE(world.eventually([&] { return world.look_up(record.name).has_value(); }));
  auto watcher = world.watch(record.name);
  CAF_CHECK(sees(world, watcher, {record}));
  CAF_CHECK_EQUAL(watcher.last().service, record.name);
}

void a_watcher_of_nothing_gets_an_empty_snapshot_then_the_service(
    registry_world& world) {
  auto record = greeter(world.unique("awaited"));
  auto watcher = world.watch(record.name);
  CAF_CHECK(sees(world, watcher, {}));
  must(world.put(record));
  CAF_CHECK(sees(world, watcher, {record}));
}

void a_watcher_sees_nodes_come_and_go(registry_world& world) {
  auto name = world.unique("busy");
  auto first = with_node(name, "1", "a");
  auto second = with_node(name, "1", "b");
  auto both = first;
  both.nodes.push_back(second.nodes[0]);
  auto watcher = world.watch(name);
  must(world.put(first));
  CAF_CHECK(sees(world, watcher, {first}));
  must(world.put(second));
  CAF_CHECK(sees(world, watcher, {both}));
  must(world.drop(first));
  CAF_CHECK(sees(world, watcher, {second}));
  must(world.drop(second));
  CAF_CHECK(sees(world, watcher, {}));
  must(world.put(first));
  CAF_CHECK(sees(world, watcher, {first}));
}

void a_watcher_sees_a_change_of_metadata(registry_world& world) {
  auto record = with_node(world.unique("changing"), "1", "a");
  must(world.put(record));
  auto watcher = world.watch(record.name);
  CAF_CHECK(sees(world, watcher, {record}));
  record.nodes[0].metadata["zone"] = "b";
  must(world.put(record));
  CAF_CHECK(sees(world, watcher, {record}));
}

void a_watcher_hears_of_its_own_service_only(registry_world& world) {
  auto mine = greeter(world.unique("mine"));
  auto watcher = world.watch(mine.name);
  must(world.put(greeter(world.unique("mine-too"))));
  must(world.put(greeter(world.unique("other"))));
  must(world.put(mine));
  CAF_CHECK(sees(world, watcher, {mine}));
  for (const auto& x : watcher.taken())
    CAF_CHECK_EQUAL(x.service, mine.name);
}

void a_watcher_that_ended_disturbs_no_other(registry_world& world) {
  auto record = with_node(world.unique("shared"), "1", "a");
  auto gone = world.watch(record.name);
  auto stays = world.watch(record.name);
  CAF_CHECK(sees(world, gone, {}));
  CAF_CHECK(sees(world, stays, {}));
  world.self()->monitor(gone.handle());
  caf::anon_send_exit(gone.handle(), caf::exit_reason::user_shutdown);
  world.deliver();
  world.self()->receive([](const caf::down_msg&) {});
  must(world.put(record));
  CAF_CHECK(sees(world, stays, {record}));
  CAF_CHECK_EQUAL(nodes_in(gone.last()), 0u);
  auto late = world.watch(record.name);
  CAF_CHECK(sees(world, late, {record}));
}

void a_node_that_is_not_renewed_vanishes(registry_world& world) {
  const auto& traits = world.traits();
  auto record = greeter(world.unique("mortal"));
  must(world.put(record, traits.can.shortest_lease));
  CAF_REQUIRE(world.eventually([&] { return world.look_up(record.name).has_value(); }));
  if (!traits.can.leases) {
    // Nothing may end it: looked at for twice its lease.
    CAF_CHECK(!world.eventually([&] { return !world.look_up(record.name); },
                                2 * traits.can.shortest_lease - traits.settle));
    return;
  }
  CAF_CHECK(world.eventually([&] { return !world.look_up(record.name); },
                             traits.can.shortest_lease + traits.lease_slack));
  auto found = world.look_up(record.name);
  CAF_CHECK(!found && found.error().reason == errc::service_not_found);
}

void a_renewed_node_stays(registry_world& world) {
  const auto& traits = world.traits();
  if (!traits.can.leases)
    return;
  auto name = world.unique("renewing");
  auto kept = with_node(name, "1", "kept");
  auto lost = with_node(name, "1", "lost");
  must(world.put(lost, traits.can.shortest_lease));
  // Renewed at every look until the other one, which is younger, is gone.
  CAF_CHECK(world.eventually(
      [&] {
        must(world.put(kept, traits.can.shortest_lease));
        auto found = ids(world, world.registry(), name);
        return found == std::vector<std::string>{kept.nodes[0].id};
      },
      traits.can.shortest_lease + traits.lease_slack));
}

void a_watcher_sees_a_lease_end(registry_world& world) {
  const auto& traits = world.traits();
  if (!traits.can.leases)
    return;
  auto record = greeter(world.unique("ending"));
  auto watcher = world.watch(record.name);
  must(world.put(record, traits.can.shortest_lease));
  CAF_REQUIRE(sees(world, watcher, {record}));
  CAF_CHECK(world.eventually([&] { return watcher.last().versions.empty(); },
                             traits.can.shortest_lease + traits.lease_slack));
}

void a_node_without_a_lease_stays(registry_world& world) {
  const auto& traits = world.traits();
  if (!traits.can.leases)
    return;
  auto name = world.unique("lasting");
  must(world.put(with_node(name, "1", "stays")));
  must(world.put(with_node(name, "1", "goes"), traits.can.shortest_lease));
  CAF_CHECK(world.eventually(
      [&] {
        return ids(world, world.registry(), name)
               == std::vector<std::string>{name + "-stays"};
      },
      traits.can.shortest_lease + traits.lease_slack));
}

void two_registries_see_the_same(registry_world& world) {
  // What is declared to be shared has to be tried with two.
  CAF_REQUIRE_EQUAL(static_cast<bool>(world.other()), world.traits().can.shared);
  if (!world.other())
    return;
  auto record = greeter(world.unique("seen"));
  must(world.put(record));
  CAF_CHECK(world.eventually([&] {
    auto found = world.look_up(world.other(), record.name);
    return found && found->versions == std::vector<service_record>{record};
  }));
  must(world.drop(record));
  CAF_CHECK(world.eventually([&] {
    auto found = world.look_up(world.other(), record.name);
    return !found && found.error().reason == errc::service_not_found;
  }));
}

void a_watcher_sees_what_another_registry_does(registry_world& world) {
  if (!world.other())
    return;
  auto record = greeter(world.unique("remote"));
  auto watcher = world.watch(world.other(), record.name);
  CAF_CHECK(sees(world, watcher, {}));
  must(world.put(record));
  CAF_CHECK(sees(world, watcher, {record}));
  must(world.drop(record));
  CAF_CHECK(sees(world, watcher, {}));
}

void services_of_two_registries_are_one_service(registry_world& world) {
  if (!world.other())
    return;
  auto name = world.unique("joint");
  must(world.put(with_node(name, "1", "here")));
  must(put_at(world, world.other(), with_node(name, "1", "there")));
  auto both = std::vector<std::string>{name + "-here", name + "-there"};
  for (const auto& at : {world.registry(), world.other()})
    CAF_CHECK(world.eventually([&] { return ids(world, at, name) == both; }));
}

} // namespace mica::test::registry_cases
