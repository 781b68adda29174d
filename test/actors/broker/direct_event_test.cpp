// Events that proxies send straight to the server's socket (wire reference 3.8).

#define CAF_SUITE direct_event

#include "event_fixture.hpp"

#include "support/subprocess.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

struct fixture : event_fixture {
  fixture() : home("home", options()) {
    home.subscribe<Event>("events", [to = log](event_context& x, const Event& event) {
      to->add(event.message() + ' ' + std::string{x.headers().get_or("X-Mine", "-")});
      return event.message() == "refuse" ? expected<void>{error{400, "refused", "home"}}
                                         : expected<void>{};
    });
    CAF_REQUIRE(home.start());
  }

  // What curl sees: head and body.
  std::string post(const std::string& topic, const std::string& body) {
    return run({"curl", "-sS", "-i", "--max-time", "15", "-H",
                "Content-Type: application/json", "-H", "Micro-Topic: " + topic, "-H",
                "X-Mine: yes", "-d", body, "http://" + home.address() + "/"})
        .out;
  }

  service home;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(direct_event_tests, fixture)

  CAF_TEST(an event sent to the socket runs the subscribers and is answered 200) {
    auto answer = post("events", R"({"message":"hello"})");
    CAF_MESSAGE(answer);
    CAF_CHECK(answer.starts_with("HTTP/1.1 200 OK"));
    CAF_CHECK(answer.find("Micro-Error") == std::string::npos);
    CAF_CHECK(log->items() == std::vector<std::string>{"hello yes"});
  }

  CAF_TEST(what a subscriber refuses is said in Micro-Error and not repeated) {
    auto answer = post("events", R"({"message":"refuse"})");
    CAF_MESSAGE(answer);
    CAF_CHECK(answer.starts_with("HTTP/1.1 200 OK"));
    CAF_CHECK(answer.find("Micro-Error: {") != std::string::npos);
    CAF_CHECK(answer.find("refused") != std::string::npos);
    CAF_CHECK_EQUAL(log->items().size(), 1u);
  }

  CAF_TEST(what can not be decoded is said in Micro-Error) {
    auto answer = post("events", "{");
    CAF_CHECK(answer.find("Micro-Error: {") != std::string::npos);
    CAF_CHECK(log->items().empty());
  }

  CAF_TEST(a topic without a subscriber is said in Micro-Error) {
    auto answer = post("nothing", "{}");
    CAF_CHECK(answer.find("no subscriber of topic nothing here; there are: events")
              != std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
