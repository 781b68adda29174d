// The broker contract as cases of the including suite:
//
//   #define CAF_SUITE memory_broker_contract
//   #include "contract/broker_worlds.hpp"
//   namespace {
//   struct memory_world : mica::test::virtual_broker_world { ... };
//   }
//   #define MICA_BROKER_WORLD memory_world
//   #include "contract/broker_contract.hpp"
//
// One such file per implementation, linked with mica_broker_contract. What an
// implementation does not promise it says in its broker_expectations; such cases then
// pass without a check.

#include "contract/broker_cases.hpp"

#include <caf/test/unit_test.hpp>

CAF_TEST_FIXTURE_SCOPE(broker_contract, MICA_BROKER_WORLD)

  CAF_TEST(an event arrives as it was published) {
    mica::test::broker_cases::an_event_arrives_as_it_was_published(*this);
  }

  CAF_TEST(any bytes can be a body) {
    mica::test::broker_cases::any_bytes_can_be_a_body(*this);
  }

  CAF_TEST(a large event arrives whole) {
    mica::test::broker_cases::a_large_event_arrives_whole(*this);
  }

  CAF_TEST(events of one publisher arrive in their order) {
    mica::test::broker_cases::events_of_one_publisher_arrive_in_their_order(*this);
  }

  CAF_TEST(a subscriber hears of its own topic only) {
    mica::test::broker_cases::a_subscriber_hears_of_its_own_topic_only(*this);
  }

  CAF_TEST(an event without subscribers is no failure) {
    mica::test::broker_cases::an_event_without_subscribers_is_no_failure(*this);
  }

  CAF_TEST(the outlet tells the outcome exactly once) {
    mica::test::broker_cases::the_outlet_tells_the_outcome_exactly_once(*this);
  }

  CAF_TEST(an event that nobody waits for arrives too) {
    mica::test::broker_cases::an_event_that_nobody_waits_for_arrives_too(*this);
  }

  CAF_TEST(every subscriber gets every event) {
    mica::test::broker_cases::every_subscriber_gets_every_event(*this);
  }

  CAF_TEST(one of a queue gets each event) {
    mica::test::broker_cases::one_of_a_queue_gets_each_event(*this);
  }

  CAF_TEST(two queues get each event once both) {
    mica::test::broker_cases::two_queues_get_each_event_once_both(*this);
  }

  CAF_TEST(a queue takes nothing from a broadcast) {
    mica::test::broker_cases::a_queue_takes_nothing_from_a_broadcast(*this);
  }

  CAF_TEST(nothing comes after the end of a subscription) {
    mica::test::broker_cases::nothing_comes_after_the_end_of_a_subscription(*this);
  }

  CAF_TEST(a subscription ends with its sink) {
    mica::test::broker_cases::a_subscription_ends_with_its_sink(*this);
  }

  CAF_TEST(ending a subscription twice succeeds) {
    mica::test::broker_cases::ending_a_subscription_twice_succeeds(*this);
  }

  CAF_TEST(the end of one subscription disturbs no other) {
    mica::test::broker_cases::the_end_of_one_subscription_disturbs_no_other(*this);
  }

  CAF_TEST(no more than the prefetch is unsettled) {
    mica::test::broker_cases::no_more_than_the_prefetch_is_unsettled(*this);
  }

  CAF_TEST(settling twice counts once) {
    mica::test::broker_cases::settling_twice_counts_once(*this);
  }

  CAF_TEST(what one gives back another one gets) {
    mica::test::broker_cases::what_one_gives_back_another_one_gets(*this);
  }

  CAF_TEST(what an ended subscriber left comes again) {
    mica::test::broker_cases::what_an_ended_subscriber_left_comes_again(*this);
  }

  CAF_TEST(what was settled does not come again) {
    mica::test::broker_cases::what_was_settled_does_not_come_again(*this);
  }

  CAF_TEST(what is settled after the end of its subscription counts) {
    mica::test::broker_cases::what_is_settled_after_the_end_of_its_subscription_counts(
        *this);
  }

  CAF_TEST(a queue gets what came while nobody was there) {
    mica::test::broker_cases::a_queue_gets_what_came_while_nobody_was_there(*this);
  }

  CAF_TEST(an event without a topic is refused) {
    mica::test::broker_cases::an_event_without_a_topic_is_refused(*this);
  }

  CAF_TEST(a topic that can not be is refused) {
    mica::test::broker_cases::a_topic_that_can_not_be_is_refused(*this);
  }

  CAF_TEST(an event that is too large is refused) {
    mica::test::broker_cases::an_event_that_is_too_large_is_refused(*this);
  }

  CAF_TEST(nothing is published before connect) {
    mica::test::broker_cases::nothing_is_published_before_connect(*this);
  }

  CAF_TEST(nothing is published after disconnect) {
    mica::test::broker_cases::nothing_is_published_after_disconnect(*this);
  }

  CAF_TEST(the broker tells its promises) {
    mica::test::broker_cases::the_broker_tells_its_promises(*this);
  }

  CAF_TEST(the broker tells its address once connected) {
    mica::test::broker_cases::the_broker_tells_its_address_once_connected(*this);
  }

  CAF_TEST(connecting twice changes nothing) {
    mica::test::broker_cases::connecting_twice_changes_nothing(*this);
  }

  CAF_TEST(what was published leaves before a disconnect) {
    mica::test::broker_cases::what_was_published_leaves_before_a_disconnect(*this);
  }

  CAF_TEST(a subscription survives an absence of the server) {
    mica::test::broker_cases::a_subscription_survives_an_absence_of_the_server(*this);
  }

  CAF_TEST(what was acknowledged outlives the server) {
    mica::test::broker_cases::what_was_acknowledged_outlives_the_server(*this);
  }

  CAF_TEST(no publish goes unanswered while the server is away) {
    mica::test::broker_cases::no_publish_goes_unanswered_while_the_server_is_away(
        *this);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
