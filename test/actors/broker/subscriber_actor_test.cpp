#define CAF_SUITE subscriber_actor

#include "event_fixture.hpp"

#include "mica/actors/subscriber_actor.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;
using event_log_ptr = std::shared_ptr<event_log>;

constexpr auto quick = 1ms;

// Subscribes, says when that is done, acknowledges everything but "keep"; "refuse" is
// nacked once, "drop" dropped once.
caf::behavior listener(caf::event_based_actor* self, service* via, std::string queue,
                       event_log_ptr log) {
  self->set_default_handler(caf::drop);
  mica::subscribe<Event>(self, *via, "events",
                         {.queue = std::move(queue), .prefetch = 3, .backoff = quick},
                         [log](expected<void> x) {
                           log->add(x ? "subscribed"
                                      : std::string{to_string(x.error().reason)});
                         });
  auto kept = std::make_shared<std::vector<received<Event>>>();
  return {[=](const received<Event>& x) {
    const auto& text = x.message().message();
    log->add(text + '#' + std::to_string(x.attempt()));
    if (text == "keep")
      kept->push_back(x);
    else if (text == "refuse" && x.attempt() == 1)
      x.nack(error{errc::internal, "no"});
    else if (text != "drop" || x.attempt() > 1)
      x.ack();
  }};
}

struct fixture : event_fixture {
  fixture() : home("home", options()), sender("sender", options()) {
    // nop
  }

  void publish(const std::string& message) {
    auto ok = publisher{sender, "events"}.publish(make_test_event(message));
    if (!ok)
      CAF_FAIL(to_string(ok.error()));
  }

  service home;
  service sender;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(subscriber_actor_tests, fixture)

  CAF_TEST(an actor that subscribed gets events and settles them) {
    CAF_REQUIRE(home.start());
    auto user = system_of(home).spawn(listener, &home, "", log);
    CAF_REQUIRE(log->wait_for(1));
    publish("hello");
    CAF_REQUIRE(log->wait_for(2));
    publish("refuse");
    CAF_REQUIRE(log->wait_for(4));
    publish("drop");
    CAF_REQUIRE(log->wait_for(6));
    CAF_CHECK(log->items()
              == strings({"subscribed", "hello#1", "refuse#1", "refuse#2", "drop#1",
                          "drop#2"}));
    caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
  }

  CAF_TEST(what an actor left unsettled goes to the next of its queue) {
    CAF_REQUIRE(home.start());
    auto user = system_of(home).spawn(listener, &home, "workers", log);
    CAF_REQUIRE(log->wait_for(1));
    publish("keep");
    CAF_REQUIRE(log->wait_for(2));
    service next{"next", options()};
    next.subscribe<Event>("events",
                          [to = log](event_context& x, const Event& event) {
                            to->add(event.message()
                                    + (x.redelivered() ? " again" : " anew"));
                          },
                          {.queue = "workers"});
    CAF_REQUIRE(next.start());
    caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
    CAF_REQUIRE(log->wait_for(3));
    CAF_CHECK(log->items().back() == "keep again");
  }

  CAF_TEST(an actor is told that its service does not run) {
    auto user = system_of(home).spawn(listener, &home, "", log);
    CAF_REQUIRE(log->wait_for(1));
    CAF_CHECK(log->items() == strings{"unavailable"});
    caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
  }

  CAF_TEST(a service stops although its actors keep events) {
    CAF_REQUIRE(home.start());
    auto user = system_of(home).spawn(listener, &home, "", log);
    CAF_REQUIRE(log->wait_for(1));
    publish("hello");
    CAF_REQUIRE(log->wait_for(2));
    home.stop();
    publish("late");
    CAF_CHECK_EQUAL(log->items().size(), 2u);
    caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
  }

  CAF_TEST(an actor publishes and is told where it runs) {
    auto user = system_of(home).spawn(
        [](caf::event_based_actor* self, service* via,
           const event_log_ptr& to) -> caf::behavior {
          self->set_default_handler(caf::drop);
          auto thread = std::make_shared<caf::actor>(self);
          publisher{*via, "events"}.publish(
              mica::from(self), make_test_event("x"), [to, self](expected<void> x) {
                to->add(x ? "published" : to_string(x.error()));
                self->quit();
              });
          return {[](int) {}};
        },
        &home, log);
    CAF_REQUIRE(log->wait_for(1));
    CAF_CHECK(log->items() == strings{"published"});
    caf::scoped_actor self{system_of(home)};
    self->wait_for(user);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
