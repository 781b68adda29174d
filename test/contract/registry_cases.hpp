// The claims of the registry contract, one function each.

#pragma once

#include "contract/registry_world.hpp"

namespace mica::test::registry_cases {

// -- register and look up
void a_registered_service_is_found_as_it_was_told(registry_world& world);
void endpoints_come_back_exactly(registry_world& world);
void metadata_comes_back_exactly(registry_world& world);
void service_metadata_comes_back_where_it_travels(registry_world& world);
void an_ipv6_address_comes_back_in_brackets(registry_world& world);
void names_with_dots_and_dashes_are_told_apart(registry_world& world);
void any_text_can_name_a_service(registry_world& world);
void a_large_service_comes_back_whole(registry_world& world);

// -- versions and nodes
void the_nodes_of_a_version_come_sorted_by_id(registry_world& world);
void versions_come_sorted_and_apart(registry_world& world);
void a_node_can_move_to_another_version(registry_world& world);
void the_latest_registration_of_a_node_counts(registry_world& world);
void a_renewal_changes_nothing(registry_world& world);

// -- deregister
void a_deregistered_node_leaves_the_others(registry_world& world);
void the_last_node_takes_its_service_along(registry_world& world);
void deregistering_the_unknown_succeeds(registry_world& world);
void a_service_can_come_back(registry_world& world);

// -- refused
void an_unknown_service_is_not_found(registry_world& world);
void a_registration_without_what_it_needs_is_refused(registry_world& world);

// -- the rest of the interface
void every_service_is_listed_with_its_versions(registry_world& world);
void the_registry_tells_its_name(registry_world& world);

// -- watch
void a_watcher_gets_what_is_there_at_once(registry_world& world);
void a_watcher_of_nothing_gets_an_empty_snapshot_then_the_service(
    registry_world& world);
void a_watcher_sees_nodes_come_and_go(registry_world& world);
void a_watcher_sees_a_change_of_metadata(registry_world& world);
void a_watcher_hears_of_its_own_service_only(registry_world& world);
void a_watcher_that_ended_disturbs_no_other(registry_world& world);

// -- leases; without, a node stays, and the other cases return early
void a_node_that_is_not_renewed_vanishes(registry_world& world);
void a_renewed_node_stays(registry_world& world);
void a_watcher_sees_a_lease_end(registry_world& world);
void a_node_without_a_lease_stays(registry_world& world);

// -- two registries; cases return early where there is one
void two_registries_see_the_same(registry_world& world);
void a_watcher_sees_what_another_registry_does(registry_world& world);
void services_of_two_registries_are_one_service(registry_world& world);

} // namespace mica::test::registry_cases
