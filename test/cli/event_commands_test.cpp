#define CAF_SUITE cli_events

#include "actors/service_fixture.hpp"

#include "cli/event_commands.hpp"
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

  run_result ask(std::vector<std::string> arguments) {
    std::vector<std::string> all{"--registry=memory"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.push_back("--address=" + server->address());
    return mica_tool(std::move(all));
  }

  std::unique_ptr<service> server;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_event_tests, fixture)

  CAF_TEST(an event is one line of JSON) {
    CAF_CHECK_EQUAL(
        cli::event_line("t", {{"A", "1"}, {"B", "\"\n"}}, R"({"x": [1, 2]})"),
        R"({"topic":"t","header":{"A":"1","B":"\"\n"},"body":{"x":[1,2]}})");
    CAF_CHECK_EQUAL(cli::event_line("t", {}, "plain \xc3\xa4"),
                    "{\"topic\":\"t\",\"header\":{},\"body\":\"plain \xc3\xa4\"}");
    CAF_CHECK_EQUAL(cli::event_line("t", {}, "\xff\xfe"),
                    R"({"topic":"t","header":{},"body":"//4=","encoding":"base64"})");
    CAF_CHECK_EQUAL(cli::event_line("t", {}, std::string("\xff\0\x10", 3)),
                    R"({"topic":"t","header":{},"body":"/wAQ","encoding":"base64"})");
    CAF_CHECK_EQUAL(cli::event_line("t", {}, "\xff"),
                    R"({"topic":"t","header":{},"body":"/w==","encoding":"base64"})");
    // A header that is no text breaks nothing.
    CAF_CHECK(contains(cli::event_line("t", {{"A", "\xff"}}, "{}"), "\"body\":{}"));
  }

  CAF_TEST(publish and subscribe say that memory reaches nobody) {
    for (auto& arguments : std::vector<std::vector<std::string>>{
             {"--broker=memory", "publish", "events", "{}"},
             {"--broker=memory", "subscribe", "events"}}) {
      auto result = mica_tool(arguments);
      CAF_CHECK_EQUAL(result.status, 2);
      CAF_CHECK(contains(result.err, "the broker memory reaches this process alone"));
    }
  }

  CAF_TEST(an unknown broker is refused in the words of Go Micro) {
    auto result = mica_tool({"--broker=pigeon", "publish", "events", "{}"});
    CAF_CHECK_EQUAL(result.status, 2);
    CAF_CHECK(contains(result.err, "Broker pigeon not found"));
  }

  CAF_TEST(an event that is no JSON is refused) {
    auto result = mica_tool({"publish", "events", "{name:John}"});
    CAF_CHECK_EQUAL(result.status, 2);
    CAF_CHECK(contains(result.err, "no JSON"));
  }

  CAF_TEST(health prints one line for a node that is well) {
    auto result = ask({"health", "echo"});
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK_EQUAL(result.out, "service  echo\n\nnode\t\taddress:port\t\tstatus\n\t\t"
                                    + server->address() + "\t\tok\n");
  }

  CAF_TEST(health fails for a node that is not there and names it) {
    auto result =
        mica_tool({"--registry=memory", "health", "echo", "--address=127.0.0.1:1"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.out, "127.0.0.1:1"));
    result = mica_tool({"--registry=memory", "health", "nobody"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, "Service not found"));
  }

  CAF_TEST(stats prints what a node did) {
    auto result = ask({"stats", "echo"});
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK(contains(result.out, "started\tuptime\tmemory\tthreads\tgc\n"));
    CAF_CHECK(contains(result.out, server->address()));
    CAF_CHECK(contains(result.out, "mb\t"));
  }

  CAF_TEST(a service that is no JSON is not registered) {
    for (const auto* command : {"register", "deregister"}) {
      auto result = mica_tool({"--registry=memory", command, "service", "{"});
      CAF_CHECK_EQUAL(result.status, 2);
      CAF_CHECK(contains(result.err, "no service"));
      result = mica_tool({"--registry=memory", command, "service",
                          R"({"name":"x","version":"1","nodes":[{"id":"x-1",)"
                          R"("address":"127.0.0.1:1"}]})"});
      CAF_CHECK_EQUAL(result.status, 0);
    }
  }

  CAF_TEST(stream prints each message as one line) {
    auto result = ask({"stream", "echo", "mica.debug.Debug.Log", R"({"count":1})"});
    CAF_CHECK_EQUAL(result.err, "");
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK_EQUAL(std::count(result.out.begin(), result.out.end(), '\n'), 1);
    CAF_CHECK(contains(result.out, "\"message\":"));
    result = ask({"stream", "echo", "Nothing.There", "{}"});
    CAF_CHECK_EQUAL(result.status, 1);
    result = ask({"stream", "echo", "nothing", "{}"});
    CAF_CHECK_EQUAL(result.status, 2);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
