#define CAF_SUITE from_actor

#include "service_fixture.hpp"

#include "mica/actors/from_actor.hpp"

#include <caf/event_based_actor.hpp>

#include <caf/test/unit_test.hpp>

#include <future>

using namespace mica;
using namespace mica::test;

CAF_TEST_FIXTURE_SCOPE(from_actor_tests, service_fixture)

  CAF_TEST(a plain actor calls and goes on in its own context) {
    auto server = make("echo");
    CAF_REQUIRE(server->start());
    service caller{"caller", options()};
    detail::runtime home{1};
    echo_client client{caller, "echo"};
    // A continuation without an actor runs on the lane: that is where not to be.
    std::promise<std::thread::id> lane_thread;
    client.say(mica::caller{}, text("x"), [&](expected<Text>) {
      lane_thread.set_value(std::this_thread::get_id());
    });
    auto on_lane = lane_thread.get_future().get();
    std::promise<std::pair<std::string, std::thread::id>> answer;
    mica::system_of(caller).spawn([&](caf::event_based_actor* self) {
      client.say(mica::from(self), text("hello"), [&](expected<Text> x) {
        answer.set_value(
            {x ? x->text() : to_string(x.error()), std::this_thread::get_id()});
      });
    });
    auto [greeting, where] = answer.get_future().get();
    CAF_CHECK_EQUAL(greeting, "hello");
    CAF_CHECK(where != on_lane);
    CAF_CHECK(where != std::this_thread::get_id());
  }

  CAF_TEST(a plain actor that calls through a stopped service is told so) {
    service caller{"caller", options()};
    echo_client client{caller, "echo"};
    static_cast<void>(client.say(text("x")));
    caller.stop();
    detail::runtime home{1};
    std::promise<errc> answer;
    home.system().spawn([&](caf::event_based_actor* self) {
      client.say(mica::from(self), text("x"), [&](expected<Text> x) {
        answer.set_value(x ? errc::none : x.error().reason);
      });
    });
    CAF_CHECK(answer.get_future().get() == errc::unavailable);
  }

  CAF_TEST(a plain actor that blocks is told so) {
    auto server = make("echo");
    CAF_REQUIRE(server->start());
    service caller{"caller", options()};
    detail::runtime home{1};
    std::promise<errc> answer;
    home.system().spawn([&](caf::event_based_actor*) {
      auto response = echo_client{caller, "echo"}.say(text("hello"));
      answer.set_value(response ? errc::none : response.error().reason);
    });
    CAF_CHECK(answer.get_future().get() == errc::would_block);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
