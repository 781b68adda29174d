#define CAF_SUITE cli

#include "actors/service_fixture.hpp"

#include "support/subprocess.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

run_result mica_tool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("mica"));
  return run(std::move(arguments));
}

struct fixture : service_fixture {
  fixture() : server(make("echo")) {
    CAF_REQUIRE(server->start());
  }

  run_result call(std::vector<std::string> arguments) {
    std::vector<std::string> all{"--registry=memory", "call",
                                 "--address=" + server->address()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return mica_tool(std::move(all));
  }

  std::unique_ptr<service> server;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_tests, fixture)

  CAF_TEST(call prints the reply indented) {
    auto result = call({"echo", "Echo.Say", R"({"text":"hello"})"});
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK_EQUAL(result.out, "{\n\t\"text\": \"hello\"\n}\n");
    CAF_CHECK_EQUAL(result.err, "");
  }

  CAF_TEST(call prints the reply as it came on request) {
    auto result = call({"--output=raw", "echo", "Echo.Say", R"({"text":"hello"})"});
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK_EQUAL(result.out, "{\"text\":\"hello\"}\n");
  }

  CAF_TEST(call sends metadata along) {
    auto result =
        call({"--metadata", "zone=a", "echo", "Echo.Field", R"({"text":"Zone"})"});
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK(contains(result.out, "\"a\""));
  }

  CAF_TEST(every service answers Debug.Health and Debug.Stats) {
    auto health = call({"--output=raw", "echo", "Debug.Health", "{}"});
    CAF_CHECK_EQUAL(health.out, "{\"status\":\"ok\"}\n");
    auto stats = call({"echo", "Debug.Stats", "{}"});
    CAF_CHECK_EQUAL(stats.status, 0);
    for (auto* key : {"timestamp", "started", "memory", "threads", "requests"})
      if (!contains(stats.out, key))
        CAF_ERROR("Debug.Stats does not say " << key);
  }

  CAF_TEST(a failed call says why on stderr and ends with 1) {
    auto result = call({"echo", "Echo.Refuse", R"({"text":"name"})"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(result.out, "");
    CAF_CHECK(contains(result.err, "error calling echo.Echo.Refuse"));
    CAF_CHECK(contains(result.err, "name refused"));
  }

  CAF_TEST(an unknown method is refused with those that exist) {
    auto result = call({"echo", "Echo.Nothing", "{}"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "can't find method Echo.Nothing"));
    CAF_CHECK(contains(result.err, "Echo.Say"));
  }

  CAF_TEST(an unknown field is refused by name) {
    auto result = call({"echo", "Echo.Say", R"({"txet":"hello"})"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "txet"));
  }

  CAF_TEST(a request that is no JSON is refused before the call) {
    auto result = call({"echo", "Echo.Say", "{name:John}"});
    CAF_CHECK_EQUAL(result.status, 2);
    CAF_CHECK(contains(result.err, "no JSON"));
  }

  CAF_TEST(a node that is not there is named) {
    auto result = mica_tool({"--registry=memory", "--client_retries=0", "call",
                             "--address=127.0.0.1:1", "echo", "Echo.Say", "{}"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "127.0.0.1:1"));
  }

  CAF_TEST(a node that is listed is called by its service) {
    auto result =
        mica_tool({"--registry=static", "--registry_address=echo=" + server->address(),
                   "call", "echo", "Echo.Say", R"({"text":"hello"})"});
    CAF_CHECK_EQUAL(result.err, "");
    CAF_CHECK_EQUAL(result.out, "{\n\t\"text\": \"hello\"\n}\n");
    result = mica_tool({"--registry=static", "list", "services"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "--static_file"));
  }

  CAF_TEST(an unknown service is named) {
    auto result = mica_tool({"--registry=memory", "call", "nobody", "Echo.Say", "{}"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "service nobody: not found"));
    result = mica_tool({"--registry=memory", "get", "service", "nobody"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "not found"));
  }

  CAF_TEST(wrong use ends with 2 and one line) {
    for (auto& arguments :
         std::vector<std::vector<std::string>>{{},
                                               {"call"},
                                               {"call", "echo"},
                                               {"list"},
                                               {"sing"},
                                               {"--nothing", "list"}}) {
      auto result = mica_tool(arguments);
      CAF_CHECK_EQUAL(result.status, 2);
      CAF_CHECK_EQUAL(std::count(result.err.begin(), result.err.end(), '\n'), 1);
    }
  }

  CAF_TEST(help teaches by examples and exit codes) {
    auto result = mica_tool({"--help"});
    CAF_CHECK_EQUAL(result.status, 0);
    for (auto* part :
         {"list", "get", "call", "Examples:", "Exit codes:", "MICRO_REGISTRY"})
      if (!contains(result.out, part))
        CAF_ERROR("--help does not say " << part);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
