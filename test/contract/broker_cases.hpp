// The claims of the broker contract, one function each.

#pragma once

#include "contract/broker_world.hpp"

namespace mica::test::broker_cases {

// -- publish and subscribe
void an_event_arrives_as_it_was_published(broker_world& world);
void any_bytes_can_be_a_body(broker_world& world);
void a_large_event_arrives_whole(broker_world& world);
void events_of_one_publisher_arrive_in_their_order(broker_world& world);
void a_subscriber_hears_of_its_own_topic_only(broker_world& world);
void an_event_without_subscribers_is_no_failure(broker_world& world);
void the_outlet_tells_the_outcome_exactly_once(broker_world& world);
void an_event_that_nobody_waits_for_arrives_too(broker_world& world);

// -- broadcast and queues
void every_subscriber_gets_every_event(broker_world& world);
void one_of_a_queue_gets_each_event(broker_world& world);
void two_queues_get_each_event_once_both(broker_world& world);
void a_queue_takes_nothing_from_a_broadcast(broker_world& world);

// -- the end of a subscription
void nothing_comes_after_the_end_of_a_subscription(broker_world& world);
void a_subscription_ends_with_its_sink(broker_world& world);
void ending_a_subscription_twice_succeeds(broker_world& world);
void the_end_of_one_subscription_disturbs_no_other(broker_world& world);

// -- settling
void no_more_than_the_prefetch_is_unsettled(broker_world& world);
void settling_twice_counts_once(broker_world& world);
void what_one_gives_back_another_one_gets(broker_world& world);
void what_an_ended_subscriber_left_comes_again(broker_world& world);
void what_was_settled_does_not_come_again(broker_world& world);
void what_is_settled_after_the_end_of_its_subscription_counts(broker_world& world);

// -- what a broker keeps
void a_queue_gets_what_came_while_nobody_was_there(broker_world& world);

// -- refused
void an_event_without_a_topic_is_refused(broker_world& world);
void a_topic_that_can_not_be_is_refused(broker_world& world);
void an_event_that_is_too_large_is_refused(broker_world& world);
void nothing_is_published_before_connect(broker_world& world);
void nothing_is_published_after_disconnect(broker_world& world);

// -- the rest of the interface
void the_broker_tells_its_promises(broker_world& world);
void the_broker_tells_its_address_once_connected(broker_world& world);
void connecting_twice_changes_nothing(broker_world& world);
void what_was_published_leaves_before_a_disconnect(broker_world& world);

// -- the server goes and comes back; cases return early where there is none
void a_subscription_survives_an_absence_of_the_server(broker_world& world);
void what_was_acknowledged_outlives_the_server(broker_world& world);
void no_publish_goes_unanswered_while_the_server_is_away(broker_world& world);

} // namespace mica::test::broker_cases
