#define CAF_SUITE actor_of

#include "service_fixture.hpp"

#include "echo.mica_actor.hpp"

#include "mica/actors/actor_of.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/scoped_actor.hpp>

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;

namespace {

struct fixture : service_fixture {
  fixture() : server(make("echo")) {
    CAF_REQUIRE(server->start());
  }

  // Asks the handler's actor and waits.
  template <class Call>
  expected<Text> ask(std::string what) {
    auto handle = mica::actor_of<echo_actor>(*server, echo_actor_methods());
    CAF_REQUIRE(handle);
    std::optional<expected<Text>> result;
    caf::scoped_actor self{home.system()};
    self->request(*handle, std::chrono::seconds{10}, Call{text(std::move(what))})
        .receive([&](Text& x) { result.emplace(std::move(x)); },
                 [&](caf::error& x) { result.emplace(from_caf(x)); });
    return std::move(*result);
  }

  detail::runtime home{1};
  std::unique_ptr<service> server;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(actor_of_tests, fixture)

  CAF_TEST(a typed request is answered by the handler without a wire) {
    auto response = ask<echo_methods::say::call>("hello");
    CAF_REQUIRE(response);
    CAF_CHECK_EQUAL(response->text(), "hello");
  }

  CAF_TEST(a typed request that is refused carries the whole error) {
    auto response = ask<echo_methods::refuse::call>("name");
    CAF_REQUIRE(!response);
    CAF_CHECK_EQUAL(response.error().code, 400);
    CAF_CHECK_EQUAL(response.error().detail, "name refused");
    CAF_CHECK_EQUAL(response.error().id, "echo");
  }

  CAF_TEST(a typed request may be answered later) {
    auto response = ask<echo_methods::later::call>("late");
    CAF_REQUIRE(response);
    CAF_CHECK_EQUAL(response->text(), "late");
  }

  CAF_TEST(a typed request to a handler that throws costs only itself) {
    CAF_CHECK(!ask<echo_methods::throw_::call>("broken"));
    CAF_CHECK(ask<echo_methods::say::call>("hello"));
  }

  CAF_TEST(a service that does not run has no actor) {
    server->stop();
    auto handle = mica::actor_of<echo_actor>(*server, echo_actor_methods());
    CAF_REQUIRE(!handle);
    CAF_CHECK(handle.error().reason == errc::not_found);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
