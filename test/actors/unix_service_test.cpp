#define CAF_SUITE unix_service

#include "service_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>

using namespace mica;
using namespace mica::test;

CAF_TEST(a service on a Unix socket is found and called by its path) {
  std::string folder = "/tmp/mica-unix-XXXXXX";
  CAF_REQUIRE(mkdtemp(folder.data()) != nullptr);
  service_fixture world;
  auto what = world.options();
  what.address = "unix:" + folder + "/echo";
  auto server = world.make("echo", {}, std::move(what));
  CAF_REQUIRE(server->start());
  CAF_CHECK_EQUAL(server->address(), "unix:" + folder + "/echo");
  {
    auto mine = world.options();
    mine.address.clear();
    service caller{"caller", std::move(mine)};
    auto response = echo_client{caller, "echo"}.say(text("hello"));
    CAF_CHECK_EQUAL(response ? response->text() : to_string(response.error()), "hello");
  }
  server->stop();
  CAF_CHECK(!std::filesystem::exists(folder + "/echo"));
  server.reset();
  std::filesystem::remove(folder);
}
