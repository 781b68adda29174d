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
    std::promise<std::pair<std::string, bool>> answer;
    home.system().spawn([&](caf::event_based_actor* self) {
      echo_client client{caller, "echo"};
      auto here = std::this_thread::get_id();
      client.say(mica::from(self), text("hello"), [&, here](expected<Text> x) {
        answer.set_value(
            {x ? x->text() : to_string(x.error()), here == std::this_thread::get_id()});
      });
    });
    auto [greeting, same_thread] = answer.get_future().get();
    CAF_CHECK_EQUAL(greeting, "hello");
    // One worker: an actor's continuation can run nowhere else.
    CAF_CHECK(same_thread);
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
