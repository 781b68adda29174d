// The registry contract as cases of the including suite:
//
//   #define CAF_SUITE memory_registry_contract
//   #include "contract/registry_worlds.hpp"
//   namespace {
//   struct memory_world : mica::test::virtual_registry_world { ... };
//   }
//   #define MICA_REGISTRY_WORLD memory_world
//   #include "contract/registry_contract.hpp"
//
// One such file per implementation, linked with mica_contract. What an implementation
// can't do it says in the capabilities of its registry_traits.

#include "contract/registry_cases.hpp"

#include <caf/test/unit_test.hpp>

CAF_TEST_FIXTURE_SCOPE(registry_contract, MICA_REGISTRY_WORLD)

  CAF_TEST(a registered service is found as it was told) {
    mica::test::registry_cases::a_registered_service_is_found_as_it_was_told(*this);
  }

  CAF_TEST(endpoints come back exactly) {
    mica::test::registry_cases::endpoints_come_back_exactly(*this);
  }

  CAF_TEST(metadata comes back exactly) {
    mica::test::registry_cases::metadata_comes_back_exactly(*this);
  }

  CAF_TEST(service metadata comes back where it travels) {
    mica::test::registry_cases::service_metadata_comes_back_where_it_travels(*this);
  }

  CAF_TEST(an IPv6 address comes back in brackets) {
    mica::test::registry_cases::an_ipv6_address_comes_back_in_brackets(*this);
  }

  CAF_TEST(names with dots and dashes are told apart) {
    mica::test::registry_cases::names_with_dots_and_dashes_are_told_apart(*this);
  }

  CAF_TEST(any text can name a service) {
    mica::test::registry_cases::any_text_can_name_a_service(*this);
  }

  CAF_TEST(a large service comes back whole) {
    mica::test::registry_cases::a_large_service_comes_back_whole(*this);
  }

  CAF_TEST(the nodes of a version come sorted by id) {
    mica::test::registry_cases::the_nodes_of_a_version_come_sorted_by_id(*this);
  }

  CAF_TEST(versions come sorted and apart) {
    mica::test::registry_cases::versions_come_sorted_and_apart(*this);
  }

  CAF_TEST(a node can move to another version) {
    mica::test::registry_cases::a_node_can_move_to_another_version(*this);
  }

  CAF_TEST(the latest registration of a node counts) {
    mica::test::registry_cases::the_latest_registration_of_a_node_counts(*this);
  }

  CAF_TEST(a renewal changes nothing) {
    mica::test::registry_cases::a_renewal_changes_nothing(*this);
  }

  CAF_TEST(a deregistered node leaves the others) {
    mica::test::registry_cases::a_deregistered_node_leaves_the_others(*this);
  }

  CAF_TEST(the last node takes its service along) {
    mica::test::registry_cases::the_last_node_takes_its_service_along(*this);
  }

  CAF_TEST(deregistering the unknown succeeds) {
    mica::test::registry_cases::deregistering_the_unknown_succeeds(*this);
  }

  CAF_TEST(a service can come back) {
    mica::test::registry_cases::a_service_can_come_back(*this);
  }

  CAF_TEST(an unknown service is not found) {
    mica::test::registry_cases::an_unknown_service_is_not_found(*this);
  }

  CAF_TEST(a registration without what it needs is refused) {
    mica::test::registry_cases::a_registration_without_what_it_needs_is_refused(*this);
  }

  CAF_TEST(every service is listed with its versions) {
    mica::test::registry_cases::every_service_is_listed_with_its_versions(*this);
  }

  CAF_TEST(the registry tells its name) {
    mica::test::registry_cases::the_registry_tells_its_name(*this);
  }

  CAF_TEST(a watcher gets what is there at once) {
    mica::test::registry_cases::a_watcher_gets_what_is_there_at_once(*this);
  }

  CAF_TEST(a watcher of nothing gets an empty snapshot then the service) {
    mica::test::registry_cases::
        a_watcher_of_nothing_gets_an_empty_snapshot_then_the_service(*this);
  }

  CAF_TEST(a watcher sees nodes come and go) {
    mica::test::registry_cases::a_watcher_sees_nodes_come_and_go(*this);
  }

  CAF_TEST(a watcher sees a change of metadata) {
    mica::test::registry_cases::a_watcher_sees_a_change_of_metadata(*this);
  }

  CAF_TEST(a watcher hears of its own service only) {
    mica::test::registry_cases::a_watcher_hears_of_its_own_service_only(*this);
  }

  CAF_TEST(a watcher that ended disturbs no other) {
    mica::test::registry_cases::a_watcher_that_ended_disturbs_no_other(*this);
  }

  CAF_TEST(a node that is not renewed vanishes) {
    mica::test::registry_cases::a_node_that_is_not_renewed_vanishes(*this);
  }

  CAF_TEST(a renewed node stays) {
    mica::test::registry_cases::a_renewed_node_stays(*this);
  }

  CAF_TEST(a watcher sees a lease end) {
    mica::test::registry_cases::a_watcher_sees_a_lease_end(*this);
  }

  CAF_TEST(a node without a lease stays) {
    mica::test::registry_cases::a_node_without_a_lease_stays(*this);
  }

  CAF_TEST(two registries see the same) {
    mica::test::registry_cases::two_registries_see_the_same(*this);
  }

  CAF_TEST(a watcher sees what another registry does) {
    mica::test::registry_cases::a_watcher_sees_what_another_registry_does(*this);
  }

  CAF_TEST(services of two registries are one service) {
    mica::test::registry_cases::services_of_two_registries_are_one_service(*this);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
