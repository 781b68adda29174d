#define CAF_SUITE consul.agent_client

#include "http/agent_client.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::discovery::consul;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

using strings = std::vector<std::string>;

struct fixture {
  fixture() {
    use({"http://a:8500", "http://b:8500", "http://c:8500"});
  }

  void use(strings urls, std::string token = {}) {
    client = std::make_unique<agent_client>(
        agent_settings{std::move(urls), std::move(token)}, port,
        [this](const mica::error& failure) { seen.push_back(failure.detail); });
  }

  uint64_t ask(fail_over mode = fail_over::at_once) {
    return client->start({"GET", "/x", {}}, 5s, mode,
                         [this](mica::expected<http_answer> outcome) {
                           outcomes.push_back(outcome ? std::to_string(outcome->status)
                                                      : outcome.error().detail);
                           if (!outcome)
                             reason = outcome.error().reason;
                         });
  }

  /// The URL of the only open request, which then ends.
  std::string end_one(mica::expected<http_answer> outcome) {
    CAF_REQUIRE_EQUAL(port.open.size(), 1u);
    auto [ticket, request] = std::move(port.open.front());
    port.open.clear();
    client->complete(ticket, std::move(outcome));
    return request.url;
  }

  scripted_port port;
  strings outcomes;
  strings seen;
  errc reason = errc::none;
  std::unique_ptr<agent_client> client;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(agent_client_tests, fixture)

  CAF_TEST(the first agent is asked first) {
    ask();
    CAF_CHECK_EQUAL(end_one(answer(200)), "http://a:8500/x");
    CAF_CHECK_EQUAL(outcomes, strings{"200"});
    CAF_CHECK_EQUAL(seen, strings{""});
  }

  CAF_TEST(an agent that is away is passed over and not asked again) {
    ask();
    CAF_CHECK_EQUAL(end_one(refused_connection()), "http://a:8500/x");
    CAF_CHECK(outcomes.empty());
    CAF_CHECK_EQUAL(end_one(answer(200)), "http://b:8500/x");
    CAF_CHECK_EQUAL(outcomes, strings{"200"});
    CAF_CHECK_EQUAL(client->url(), "http://b:8500");
    ask();
    CAF_CHECK_EQUAL(end_one(answer(200)), "http://b:8500/x");
  }

  CAF_TEST(when all are away the last one is named with its reason) {
    ask();
    end_one(refused_connection());
    end_one(mica::error{errc::timeout, "timed out"});
    CAF_CHECK_EQUAL(end_one(refused_connection()), "http://c:8500/x");
    CAF_CHECK_EQUAL(outcomes, strings{"Consul at http://c:8500: Connection refused"});
    CAF_CHECK(reason == errc::unavailable);
    // Observed once: the request as a whole failed.
    CAF_CHECK_EQUAL(seen, outcomes);
    // The next one starts a new round.
    ask();
    CAF_CHECK_EQUAL(end_one(answer(200)), "http://a:8500/x");
  }

  CAF_TEST(an answer of any status is an answer) {
    for (int status : {200, 301, 403, 404, 500}) {
      ask();
      CAF_CHECK_EQUAL(end_one(answer(status)), "http://a:8500/x");
      CAF_CHECK_EQUAL(outcomes.back(), std::to_string(status));
    }
  }

  CAF_TEST(an agent without a leader is passed over) {
    ask();
    CAF_CHECK_EQUAL(end_one(answer(503)), "http://a:8500/x");
    CAF_CHECK(outcomes.empty());
    CAF_CHECK_EQUAL(end_one(answer(200)), "http://b:8500/x");
    CAF_CHECK_EQUAL(outcomes, strings{"200"});
    // If none has one, that is the answer.
    ask();
    end_one(answer(503));
    end_one(answer(503));
    CAF_CHECK_EQUAL(end_one(answer(503)), "http://a:8500/x");
    CAF_CHECK_EQUAL(outcomes.back(), "503");
  }

  CAF_TEST(many requests that fail together move on by one agent) {
    for (int i = 0; i < 5; ++i)
      ask(fail_over::next_time);
    auto open = std::exchange(port.open, {});
    for (auto& [ticket, request] : open)
      client->complete(ticket, refused_connection());
    CAF_CHECK_EQUAL(outcomes.size(), 5u);
    CAF_CHECK_EQUAL(client->url(), "http://b:8500");
  }

  CAF_TEST(a cancelled request is forgotten) {
    auto ticket = ask();
    client->cancel(ticket);
    CAF_CHECK_EQUAL(port.cancelled, std::vector<uint64_t>{ticket});
    client->complete(ticket, answer(200));
    CAF_CHECK(outcomes.empty());
    client->cancel(ticket);
    CAF_CHECK_EQUAL(port.cancelled.size(), 1u);
  }

  CAF_TEST(a full line is told at once) {
    port.takes = false;
    ask();
    CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
    CAF_CHECK(reason == errc::overloaded);
  }

  CAF_TEST(the token goes into its header and nowhere else) {
    use({"http://a:8500"}, "secret");
    ask();
    CAF_REQUIRE_EQUAL(port.open.size(), 1u);
    CAF_CHECK_EQUAL(port.open[0].second.headers, strings{"X-Consul-Token: secret"});
    CAF_CHECK_EQUAL(port.open[0].second.url, "http://a:8500/x");
    end_one(refused_connection());
    CAF_CHECK_EQUAL(outcomes[0].find("secret"), std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST(a refusal tells the status and the words of the agent in one bounded line) {
    CAF_CHECK(!refusal(answer(200, "ok"), "u"));
    auto failure = refusal(answer(500, "No cluster\nleader\n"), "http://a:8500");
    CAF_CHECK_EQUAL(failure.detail,
                    "Consul at http://a:8500 answered 500: No cluster leader");
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(refusal(answer(403, "Permission denied"), "u").reason
              == errc::permission_denied);
    CAF_CHECK(refusal(answer(401), "u").reason == errc::unauthenticated);
    CAF_CHECK(refusal(answer(400), "u").reason == errc::invalid_argument);
    CAF_CHECK(refusal(answer(429), "u").reason == errc::unavailable);
    CAF_CHECK(refusal(answer(301), "u").reason == errc::protocol_error);
    CAF_CHECK_LESS(refusal(answer(500, std::string(10'000, 'x')), "u").detail.size(),
                   300u);
  }
