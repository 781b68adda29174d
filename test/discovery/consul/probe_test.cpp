#define CAF_SUITE consul.probe

#include "fake_agent.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::test::consul;
using namespace std::chrono_literals;

namespace {

bool answers(std::vector<std::string> addresses, std::chrono::milliseconds limit = 5s) {
  consul_options options;
  options.addresses = std::move(addresses);
  return consul_answers(options, limit);
}

fake_agent agent_that_says(fake_reply reply) {
  return fake_agent{[reply](const std::string&) { return reply; }};
}

} // namespace

CAF_TEST(an agent answers) {
  auto agent = agent_that_says({http_reply("\"127.0.0.1:8300\"\n")});
  CAF_CHECK(answers({agent.address()}));
  CAF_CHECK(agent.heads().at(0).starts_with("GET /v1/status/leader HTTP/1.1\r\n"));
}

CAF_TEST(an agent without a leader is an agent) {
  auto agent = agent_that_says({http_reply("\"\"")});
  CAF_CHECK(answers({agent.address()}));
}

CAF_TEST(another web server is no agent) {
  auto page = agent_that_says({http_reply("<html></html>")});
  auto nothing = agent_that_says({http_reply("", "0", "404 Not Found")});
  auto long_text = agent_that_says({http_reply('"' + std::string(2'000, 'x') + '"')});
  CAF_CHECK(!answers({page.address(), nothing.address(), long_text.address()}));
}

CAF_TEST(the second address is asked too) {
  refused_address nobody;
  auto agent = agent_that_says({http_reply("\"127.0.0.1:8300\"")});
  CAF_CHECK(answers({nobody.text(), agent.address()}));
}

CAF_TEST(a refused connection is known long before the limit) {
  refused_address nobody;
  auto begin = std::chrono::steady_clock::now();
  CAF_CHECK(!answers({nobody.text()}, 30s));
  CAF_CHECK_LESS(std::chrono::steady_clock::now() - begin, 10s);
}

CAF_TEST(a silent neighbour costs the limit and no more) {
  auto agent = agent_that_says({"", true});
  auto begin = std::chrono::steady_clock::now();
  CAF_CHECK(!answers({agent.address(), agent.address()}, 100ms));
  auto took = std::chrono::steady_clock::now() - begin;
  CAF_CHECK_GREATER_OR_EQUAL(took, 90ms);
  CAF_CHECK_LESS(took, 5s);
}

CAF_TEST(an address that makes no sense answers nothing) {
  CAF_CHECK(!answers({"no address"}));
}
