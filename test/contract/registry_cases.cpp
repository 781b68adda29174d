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

// Puts a record and says what went wrong if it can't.
void must_put(registry_world& world, const service_record& record,
              caf::timespan ttl = caf::timespan{0}) {
  auto done = world.put(record, ttl);
  if (!done)
    CAF_FAIL("not registered: " << to_string(done.error()));
}

void must_drop(registry_world& world, const service_record& record) {
  auto done = world.drop(record);
  if (!done)
    CAF_FAIL("not deregistered: " << to_string(done.error()));
}

errc refusal(registry_world& world, const service_record& record,
             caf::timespan ttl = caf::timespan{0}) {
  auto done = world.put(record, ttl);
  return done ? errc::none : done.error().reason;
}

bool not_found(registry_world& world, const std::string& service) {
  auto found = world.look_up(service);
  return !found && found.error().reason == errc::service_not_found;
}

// Does a lookup return exactly these versions?
bool finds(registry_world& world, const std::vector<service_record>& versions) {
  auto found = world.look_up(versions.front().name);
  return found && found->service == versions.front().name && found->versions == versions
         && !found->stale_for;
}

void check_round_trip(registry_world& world, const service_record& record) {
  must_put(world, record);
  CAF_CHECK(world.eventually([&] { return finds(world, {record}); }));
  must_drop(world, record);
  CAF_CHECK(world.eventually([&] { return not_found(world, record.name); }));
}

} // namespace

void a_registered_service_is_found_as_it_was_told(registry_world& world) {
  auto record = greeter(world.unique("greeter"));
  must_put(world, record);
  CAF_REQUIRE(world.eventually([&] { return finds(world, {record}); }));
  // And again: the first answer must not have used it up.
  CAF_CHECK(finds(world, {record}));
}

void endpoints_come_back_exactly(registry_world& world) {
  auto record = greeter(world.unique("endpoints"));
  record.endpoints = odd_endpoints();
  check_round_trip(world, record);
}

void metadata_comes_back_exactly(registry_world& world) {
  auto record = greeter(world.unique("metadata"));
  record.nodes[0].metadata = odd_labels();
  check_round_trip(world, record);
}

void service_metadata_comes_back_where_it_travels(registry_world& world) {
  auto record = greeter(world.unique("service-metadata"));
  auto expected = record;
  record.metadata = odd_labels();
  if (world.traits().can.service_metadata)
    expected = record;
  must_put(world, record);
  CAF_CHECK(world.eventually([&] { return finds(world, {expected}); }));
}

void an_ipv6_address_comes_back_in_brackets(registry_world& world) {
  auto record = greeter(world.unique("ipv6"));
  record.nodes[0].address = "[2001:db8::7]:50137";
  check_round_trip(world, record);
}

void names_with_dots_and_dashes_are_told_apart(registry_world& world) {
  std::vector<service_record> records;
  for (const char* name :
       {"go.micro.srv.a", "go.micro.srv.a-b", "go-micro-srv-a", "a_b"})
    records.push_back(greeter(world.unique(name)));
  for (const auto& record : records)
    must_put(world, record);
  for (const auto& record : records)
    CAF_CHECK(world.eventually([&] { return finds(world, {record}); }));
}

void any_text_can_name_a_service(registry_world& world) {
  for (const char* name :
       {"a service", "a/b?c=d&e#f", "gr\u00fc\u00dfe", "100%", "\"'<>+"}) {
    auto record = greeter(world.unique(name));
    if (world.traits().can.any_service_name)
      check_round_trip(world, record);
    else
      CAF_CHECK(refusal(world, record) == errc::invalid_argument);
  }
}

void a_large_service_comes_back_whole(registry_world& world) {
  const auto& traits = world.traits();
  auto record = large(world.unique("large"), traits.many_nodes, traits.many_endpoints);
  check_round_trip(world, record);
}

void the_nodes_of_a_version_come_sorted_by_id(registry_world& world) {
  auto name = world.unique("sorted");
  for (const char* id : {"c", "a", "b"})
    must_put(world, with_node(name, "1", id));
  auto expected = with_node(name, "1", "a");
  expected.nodes.push_back(with_node(name, "1", "b").nodes[0]);
  expected.nodes.push_back(with_node(name, "1", "c").nodes[0]);
  CAF_CHECK(world.eventually([&] { return finds(world, {expected}); }));
}

void versions_come_sorted_and_apart(registry_world& world) {
  auto name = world.unique("versions");
  auto first = with_node(name, "1.0", "a");
  auto second = with_node(name, "2.0", "b");
  second.endpoints = odd_endpoints();
  must_put(world, second);
  must_put(world, first);
  CAF_CHECK(world.eventually([&] { return finds(world, {first, second}); }));
}

void a_node_can_move_to_another_version(registry_world& world) {
  auto name = world.unique("moved");
  must_put(world, with_node(name, "1.0", "a"));
  must_put(world, with_node(name, "2.0", "a"));
  CAF_CHECK(
      world.eventually([&] { return finds(world, {with_node(name, "2.0", "a")}); }));
}

void the_latest_registration_of_a_node_counts(registry_world& world) {
  auto record = with_node(world.unique("latest"), "1", "a");
  must_put(world, record);
  record.nodes[0].address = "10.0.0.9:9";
  record.nodes[0].metadata = {{"zone", "b"}};
  record.endpoints = odd_endpoints();
  must_put(world, record);
  CAF_CHECK(world.eventually([&] { return finds(world, {record}); }));
}

void a_renewal_changes_nothing(registry_world& world) {
  auto record = greeter(world.unique("renewed"));
  for (auto times = 0; times < 3; ++times)
    must_put(world, record);
  CAF_CHECK(world.eventually([&] { return finds(world, {record}); }));
}

void a_deregistered_node_leaves_the_others(registry_world& world) {
  auto name = world.unique("leaving");
  must_put(world, with_node(name, "1", "a"));
  must_put(world, with_node(name, "1", "b"));
  must_drop(world, with_node(name, "1", "a"));
  CAF_CHECK(
      world.eventually([&] { return finds(world, {with_node(name, "1", "b")}); }));
}

void the_last_node_takes_its_service_along(registry_world& world) {
  auto record = greeter(world.unique("last"));
  must_put(world, record);
  CAF_REQUIRE(world.eventually([&] { return finds(world, {record}); }));
  must_drop(world, record);
  CAF_CHECK(world.eventually([&] { return not_found(world, record.name); }));
}

void deregistering_the_unknown_succeeds(registry_world& world) {
  auto record = greeter(world.unique("never-there"));
  must_drop(world, record);
  must_put(world, record);
  must_drop(world, with_node(record.name, record.version, "somebody-else"));
  CAF_CHECK(world.eventually([&] { return finds(world, {record}); }));
}

void a_service_can_come_back(registry_world& world) {
  auto record = greeter(world.unique("back"));
  for (auto times = 0; times < 2; ++times) {
    must_put(world, record);
    CAF_CHECK(world.eventually([&] { return finds(world, {record}); }));
    must_drop(world, record);
    CAF_CHECK(world.eventually([&] { return not_found(world, record.name); }));
  }
}

void an_unknown_service_is_not_found(registry_world& world) {
  CAF_CHECK(not_found(world, world.unique("nobody")));
  CAF_CHECK(not_found(world, world.unique("nobody")));
  auto found = world.look_up(world.unique("nobody"));
  CAF_REQUIRE(!found);
  // Its text must tell a reader which service it was.
  CAF_CHECK_NOT_EQUAL(found.error().detail.find(world.unique("nobody")),
                      std::string::npos);
}

void a_registration_without_what_it_needs_is_refused(registry_world& world) {
  auto name = world.unique("incomplete");
  auto record = with_node(name, "1", "a");
  auto broken = record;
  broken.name.clear();
  CAF_CHECK(refusal(world, broken) == errc::invalid_argument);
  broken = record;
  broken.nodes.clear();
  CAF_CHECK(refusal(world, broken) == errc::invalid_argument);
  broken = record;
  broken.nodes[0].id.clear();
  CAF_CHECK(refusal(world, broken) == errc::invalid_argument);
  broken = record;
  broken.nodes[0].address.clear();
  CAF_CHECK(refusal(world, broken) == errc::invalid_argument);
  CAF_CHECK(refusal(world, record, caf::timespan{-1}) == errc::invalid_argument);
  CAF_CHECK(not_found(world, name));
}

void every_service_is_listed_with_its_versions(registry_world& world) {
  auto first = with_node(world.unique("listed-a"), "1", "a");
  auto second = with_node(world.unique("listed-b"), "2", "b");
  must_put(world, first);
  must_put(world, second);
  auto lists = [&](const std::vector<service_record>& xs,
                   const service_record& record) {
    return std::count_if(xs.begin(), xs.end(),
                         [&](const service_record& x) {
                           return x.name == record.name
                                  && (x.version == record.version || x.version.empty());
                         })
           == 1;
  };
  CAF_CHECK(world.eventually([&] {
    auto all = world.list();
    return all && lists(*all, first) && lists(*all, second);
  }));
  must_drop(world, first);
  CAF_CHECK(world.eventually([&] {
    auto all = world.list();
    return all && !lists(*all, first) && lists(*all, second);
  }));
}

void the_registry_tells_its_name(registry_world& world) {
  auto name = world.name();
  CAF_REQUIRE(name);
  CAF_CHECK_EQUAL(*name, world.traits().name);
}

} // namespace mica::test::registry_cases
