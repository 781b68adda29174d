#define CAF_SUITE http_broker_inbox

#include "broker/http/inbox.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::broker;
using namespace mica::broker::http;
using namespace std::chrono_literals;

namespace {

constexpr inbox::time_point start{1h};

event_ptr make(const std::string& id, std::string body = "body") {
  return std::make_shared<event>(event{
      "events", id.empty() ? metadata{} : metadata{{"Micro-Id", id}}, std::move(body)});
}

http_broker_options small() {
  http_broker_options result;
  result.waiting_events = 2;
  result.waiting_bytes = 10;
  result.remembered_ids = 2;
  result.remembered_time = 10s;
  return result;
}

struct fixture {
  // Arrives and waits, or the test fails.
  void in(const std::string& id, inbox::request from, std::string body = "b") {
    auto answer = events.arrive(make(id, std::move(body)), from, now);
    if (answer)
      CAF_FAIL("answered at once");
    take();
  }

  std::optional<inbox::answer> at_once(const std::string& id, inbox::request from,
                                       std::string body = "b") {
    return events.arrive(make(id, std::move(body)), from, now);
  }

  void take() {
    for (auto& x : events.take())
      taken.push_back(x);
  }

  std::vector<inbox::answer> settle(uint64_t tag, verdict how = verdict::ack) {
    auto result = events.settle(tag, how, now);
    take();
    return result;
  }

  inbox events{small(), 1};
  inbox::time_point now = start;
  std::vector<delivery> taken;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(inbox_tests, fixture)

  CAF_TEST(a request is answered when its event was settled) {
    in("a", 7);
    CAF_REQUIRE_EQUAL(taken.size(), 1u);
    auto answers = settle(taken[0].tag);
    CAF_REQUIRE_EQUAL(answers.size(), 1u);
    CAF_CHECK_EQUAL(answers[0].to, 7u);
    CAF_CHECK(answers[0].what.has_value());
  }

  CAF_TEST(no more than the prefetch is with the subscriber) {
    in("a", 1);
    in("b", 2);
    CAF_CHECK_EQUAL(taken.size(), 1u);
    CAF_CHECK_EQUAL(events.waiting(), 1u);
    settle(taken[0].tag);
    CAF_CHECK_EQUAL(taken.size(), 2u);
    CAF_CHECK_EQUAL(events.waiting(), 0u);
  }

  CAF_TEST(what is beyond the waiting events is refused with 503 and the limit) {
    in("a", 1);
    in("b", 2);
    in("c", 3);
    auto answer = at_once("d", 4);
    CAF_REQUIRE(answer);
    CAF_CHECK_EQUAL(answer->what.error().code, 503);
    CAF_CHECK(answer->what.error().detail.find("2 wait for it") != std::string::npos);
    CAF_CHECK(answer->what.error().detail.find("waiting_events") != std::string::npos);
    settle(taken[0].tag);
    CAF_CHECK(!at_once("d", 4));
  }

  CAF_TEST(what is beyond the waiting bytes is refused) {
    in("a", 1, std::string(11, 'x'));
    in("b", 2, std::string(10, 'x'));
    auto answer = at_once("c", 3, "x");
    CAF_REQUIRE(answer);
    CAF_CHECK(answer->what.error().detail.find("waiting_bytes") != std::string::npos);
  }

  CAF_TEST(a large event is taken when nothing waits) {
    in("a", 1, std::string(1000, 'x'));
    CAF_CHECK_EQUAL(taken.size(), 1u);
  }

  CAF_TEST(an event that was handled is answered and not delivered again) {
    in("a", 1);
    settle(taken[0].tag);
    auto answer = at_once("a", 2);
    CAF_REQUIRE(answer);
    CAF_CHECK(answer->what.has_value());
    CAF_CHECK_EQUAL(taken.size(), 1u);
  }

  CAF_TEST(an event that comes again while it is handled shares the answer) {
    in("a", 1);
    in("b", 2);
    in("a", 3);
    in("b", 4);
    CAF_CHECK_EQUAL(events.waiting(), 1u);
    auto answers = settle(taken[0].tag, verdict::give_back);
    CAF_REQUIRE_EQUAL(answers.size(), 2u);
    CAF_CHECK_EQUAL(answers[0].to, 1u);
    CAF_CHECK_EQUAL(answers[1].to, 3u);
    CAF_CHECK_EQUAL(answers[1].what.error().code, 500);
    CAF_CHECK_EQUAL(settle(taken[1].tag).size(), 2u);
  }

  CAF_TEST(an event that was given back is delivered when it comes again) {
    in("a", 1);
    settle(taken[0].tag, verdict::give_back);
    in("a", 2);
    CAF_CHECK_EQUAL(taken.size(), 2u);
  }

  CAF_TEST(one id with another body is another event) {
    in("7", 1, "x");
    settle(taken[0].tag);
    in("7", 2, "y");
    CAF_CHECK_EQUAL(taken.size(), 2u);
  }

  CAF_TEST(events without an id are never taken for each other) {
    in("", 1);
    settle(taken[0].tag);
    in("", 2);
    CAF_CHECK_EQUAL(taken.size(), 2u);
  }

  CAF_TEST(ids are forgotten after their time and beyond their number) {
    in("a", 1);
    settle(1);
    now += 9s;
    CAF_CHECK(at_once("a", 2));
    now += 1s;
    in("a", 3);
    settle(2);
    in("b", 4);
    settle(3);
    in("c", 5);
    settle(4);
    in("a", 6);
    CAF_CHECK_EQUAL(taken.size(), 5u);
  }

  CAF_TEST(settling twice or the unknown does nothing) {
    in("a", 1);
    CAF_CHECK_EQUAL(settle(taken[0].tag).size(), 1u);
    CAF_CHECK_EQUAL(settle(taken[0].tag, verdict::give_back).size(), 0u);
    CAF_CHECK_EQUAL(settle(99).size(), 0u);
  }

  CAF_TEST(a closed inbox refuses what waits and still takes verdicts) {
    in("a", 1);
    in("b", 2);
    auto answers = events.close();
    CAF_REQUIRE_EQUAL(answers.size(), 1u);
    CAF_CHECK_EQUAL(answers[0].to, 2u);
    CAF_CHECK_EQUAL(answers[0].what.error().code, 503);
    auto settled = settle(taken[0].tag);
    CAF_CHECK_EQUAL(settled.at(0).to, 1u);
    auto late = at_once("c", 3);
    CAF_CHECK_EQUAL(late->what.error().code, 503);
    CAF_CHECK_EQUAL(taken.size(), 1u);
  }

  CAF_TEST(a subscriber that ended leaves nobody without an answer) {
    in("a", 1);
    in("b", 2);
    CAF_CHECK_EQUAL(events.abandon().size(), 2u);
    CAF_CHECK_EQUAL(events.unsettled(), 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
