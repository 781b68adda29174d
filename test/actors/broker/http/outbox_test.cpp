#define CAF_SUITE http_broker_outbox

#include "broker/http/outbox.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace mica;
using namespace mica::broker::http;
using namespace std::chrono_literals;

namespace {

const error unreached{errc::connection_failed, "dial: refused", "go.micro.client"};
const error said_no{500, "not handled", "go.micro.broker"};
const error busy{503, "slow", "go.micro.broker"};
const error unknown{404, "no subscription", "go.micro.broker"};

http_broker_options small() {
  http_broker_options result;
  result.in_flight = 2;
  result.attempts = 3;
  result.outbox_events = 4;
  result.backoff = 100ms;
  result.max_backoff = 1s;
  result.publish_time = 10s;
  return result;
}

struct fixture {
  // Node ids by version; a node's id is also its address.
  void announce(std::map<std::string, std::vector<std::string>> nodes) {
    discovery::snapshot x{std::string{v2_service}, {}, {}};
    for (const auto& [version, ids] : nodes) {
      discovery::service_record record{x.service, version, {}, {}, {}};
      for (const auto& id : ids)
        record.nodes.push_back({id, id, {{"broker", "http"}, {"topic", "events"}}});
      x.versions.push_back(std::move(record));
    }
    box.update(x, now);
    pump();
  }

  void broadcast_to(std::vector<std::string> ids) {
    announce({{"ff.http.broadcast", std::move(ids)}});
  }

  void publish(const std::string& body = "x") {
    auto what = std::make_shared<event>(event{"events", {}, body});
    auto number = published++;
    auto done = [this, number](expected<void> outcome) {
      outcomes[number].push_back(std::move(outcome));
    };
    box.publish(std::make_shared<publication>(what, done), now);
    pump();
  }

  void pump() {
    while (auto x = box.next(now))
      open.push_back(std::move(*x));
  }

  // The oldest open request to this subscriber; any if empty.
  outbox::posting take(const std::string& id = {}) {
    auto found = std::find_if(open.begin(), open.end(), [&](const auto& x) {
      return id.empty() || x.to->id == id;
    });
    if (found == open.end())
      CAF_FAIL("no request to " << id);
    auto result = std::move(*found);
    open.erase(found);
    return result;
  }

  std::string answer(const expected<void>& outcome, const std::string& id = {}) {
    auto x = take(id);
    box.answered(x.number, outcome, now);
    pump();
    return x.to->id;
  }

  void ok(const std::string& id = {}) {
    answer({}, id);
  }

  // To the time that the outbox asks for.
  std::chrono::nanoseconds advance() {
    CAF_REQUIRE(box.due() != outbox::time_point::max());
    auto wait = box.due() - now;
    now = box.due();
    box.tick(now);
    pump();
    return wait;
  }

  bool succeeded(size_t number = 0) {
    CAF_REQUIRE(outcomes[number].size() <= 1u);
    return outcomes[number].size() == 1 && outcomes[number][0].has_value();
  }

  error failure(size_t number = 0) {
    CAF_REQUIRE_EQUAL(outcomes[number].size(), 1u);
    return outcomes[number][0].error();
  }

  bool failed(size_t number = 0) {
    return !outcomes[number].empty() && !outcomes[number][0];
  }

  bool pending(size_t number = 0) {
    return outcomes[number].empty();
  }

  outbox box{small(), false, 1};
  outbox::time_point now{1h};
  std::vector<outbox::posting> open;
  size_t published = 0;
  std::map<size_t, std::vector<expected<void>>> outcomes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outbox_tests, fixture)

  CAF_TEST(an event without subscribers is published at once) {
    publish();
    CAF_CHECK(succeeded());
  }

  CAF_TEST(publish answers when each subscriber has) {
    broadcast_to({"a", "b", "c"});
    publish();
    CAF_CHECK_EQUAL(open.size(), 3u);
    ok("a");
    ok("c");
    CAF_CHECK(pending());
    ok("b");
    CAF_CHECK(succeeded());
  }

  CAF_TEST(one of each queue gets the event) {
    announce({{"ff.http.broadcast", {"a"}}, {"q", {"b", "c"}}, {"r", {"d"}}});
    publish();
    CAF_CHECK_EQUAL(open.size(), 3u);
    std::set<std::string> got;
    for (const auto& x : open)
      got.insert(x.to->id);
    CAF_CHECK_EQUAL(got.count("b") + got.count("c"), 1u);
    CAF_CHECK_EQUAL(got.count("a") + got.count("d"), 2u);
  }

  CAF_TEST(all of a queue get their share) {
    announce({{"q", {"a", "b"}}});
    std::set<std::string> got;
    for (int i = 0; i < 40; ++i) {
      publish();
      got.insert(answer({}));
    }
    CAF_CHECK_EQUAL(got.size(), 2u);
  }

  CAF_TEST(a subscriber that is not reached is tried again after a growing time) {
    broadcast_to({"a"});
    publish();
    answer(unreached);
    CAF_CHECK(open.empty());
    auto first = advance();
    CAF_CHECK(first >= 90ms && first <= 110ms);
    answer(unreached);
    auto second = advance();
    CAF_CHECK(second >= 180ms && second <= 220ms);
    ok();
    CAF_CHECK(succeeded());
  }

  CAF_TEST(the last attempt fails with who and why) {
    broadcast_to({"a", "b"});
    publish();
    ok("b");
    answer(unreached);
    advance();
    answer(busy);
    advance();
    answer(unreached);
    CAF_REQUIRE(failed());
    CAF_CHECK(failure().reason == errc::unavailable);
    CAF_CHECK_EQUAL(failure().detail, "event on events: 1 of 2 subscribers did not get "
                                      "it: a at a: dial: refused");
  }

  CAF_TEST(a subscriber that says no is not asked again) {
    broadcast_to({"a"});
    publish();
    answer(said_no);
    CAF_REQUIRE(failed());
    CAF_CHECK(failure().detail.find("a at a: not handled") != std::string::npos);
  }

  CAF_TEST(a subscriber that no longer exists counts as having left) {
    broadcast_to({"a", "b"});
    publish();
    answer(unknown, "a");
    ok("b");
    CAF_CHECK(succeeded());
  }

  CAF_TEST(a subscriber that leaves the registry is waited for no more) {
    broadcast_to({"a", "b"});
    publish();
    answer(unreached, "a");
    ok("b");
    CAF_CHECK(pending());
    broadcast_to({"b"});
    CAF_CHECK(succeeded());
  }

  CAF_TEST(another one of the queue gets what the first did not take) {
    announce({{"q", {"a", "b"}}});
    for (const auto& why : {unreached, said_no, busy, unknown}) {
      auto number = published;
      publish();
      auto first = answer(why);
      // The other one may be in back-off since the round before.
      if (open.empty())
        advance();
      auto second = answer({});
      CAF_CHECK(first != second);
      CAF_CHECK(succeeded(number));
    }
  }

  CAF_TEST(a queue of which all say no fails at once) {
    announce({{"q", {"a", "b"}}});
    publish();
    answer(said_no);
    answer(said_no);
    CAF_REQUIRE(failed());
    CAF_CHECK_EQUAL(failure().detail, "event on events: 1 of 1 subscribers did not get "
                                      "it: queue q (2 subscribers): not handled");
  }

  CAF_TEST(a queue that can not be reached is tried all around so many times) {
    announce({{"q", {"a", "b"}}});
    publish();
    int asked = 0;
    while (pending()) {
      if (open.empty())
        advance();
      else {
        answer(unreached);
        ++asked;
      }
    }
    CAF_CHECK_EQUAL(asked, 6);
    CAF_CHECK(failed());
  }

  CAF_TEST(what waits for one of a queue that left goes to another) {
    announce({{"q", {"a"}}});
    publish();
    answer(unreached);
    CAF_CHECK(open.empty());
    announce({{"q", {"b"}}});
    CAF_CHECK_EQUAL(answer({}), "b");
    CAF_CHECK(succeeded());
  }

  CAF_TEST(a queue whose last subscriber left did not get the event) {
    announce({{"q", {"a"}}});
    publish();
    answer(unreached);
    announce({});
    CAF_REQUIRE(failed());
    CAF_CHECK(failure().detail.find("queue q: its last subscriber left")
              != std::string::npos);
  }

  CAF_TEST(no more than in_flight are under way to one subscriber) {
    broadcast_to({"a"});
    for (int i = 0; i < 4; ++i)
      publish();
    CAF_CHECK_EQUAL(open.size(), 2u);
    ok();
    CAF_CHECK_EQUAL(open.size(), 2u);
  }

  CAF_TEST(a slow subscriber holds up no other) {
    broadcast_to({"a", "b"});
    for (int i = 0; i < 4; ++i) {
      publish(std::to_string(i));
      ok("b");
    }
    CAF_CHECK_EQUAL(open.size(), 2u);
  }

  CAF_TEST(a full outbox fails for its subscriber alone and names the limit) {
    broadcast_to({"a", "b"});
    for (int i = 0; i < 7; ++i) {
      publish();
      ok("b");
    }
    CAF_CHECK(pending(5));
    CAF_REQUIRE(failed(6));
    CAF_CHECK(failure(6).reason == errc::overloaded);
    CAF_CHECK(failure(6).detail.find("a at a: 4 events wait for it "
                                     "(http_broker_options::outbox_events)")
              != std::string::npos);
  }

  CAF_TEST(events of one subscriber go in their order with one under way) {
    auto options = small();
    options.in_flight = 1;
    box = outbox{options, false, 1};
    broadcast_to({"a"});
    for (auto body : {"0", "1", "2"})
      publish(body);
    std::vector<std::string> sent;
    auto note = [&](const expected<void>& outcome) {
      auto x = take();
      sent.push_back(read_event_json(x.body)->body);
      box.answered(x.number, outcome, now);
      pump();
    };
    note(unreached);
    advance();
    note({});
    note({});
    note({});
    CAF_CHECK_EQUAL(sent, (std::vector<std::string>{"0", "0", "1", "2"}));
  }

  CAF_TEST(those under way together back off once) {
    broadcast_to({"a"});
    publish();
    publish();
    answer(unreached);
    answer(unreached);
    CAF_CHECK(advance() <= 110ms);
    CAF_CHECK_EQUAL(open.size(), 2u);
  }

  CAF_TEST(what takes too long ends with those who did not answer) {
    broadcast_to({"a", "b", "c"});
    publish();
    ok("c");
    answer(unreached, "b");
    advance();
    answer(unreached, "b");
    auto start = now;
    while (pending()) {
      if (box.due() - start > 20s)
        CAF_FAIL("never ends");
      if (!open.empty() && open.back().to->id == "b")
        take("b");
      advance();
    }
    CAF_CHECK(failure().reason == errc::timeout);
    auto text = failure().detail;
    CAF_CHECK(text.find("2 of 3 subscribers") != std::string::npos);
    CAF_CHECK(text.find("a at a: no answer within 10000 ms") != std::string::npos);
    CAF_CHECK(text.find("b at b: no answer within 10000 ms") != std::string::npos);
  }

  CAF_TEST(an answer that comes too late does nothing) {
    broadcast_to({"a"});
    publish();
    now += 10s;
    box.tick(now);
    CAF_REQUIRE(failed());
    ok("a");
    CAF_CHECK_EQUAL(outcomes[0].size(), 1u);
    publish();
    ok("a");
    CAF_CHECK(succeeded(1));
  }

  CAF_TEST(an error names a few subscribers and counts the rest) {
    std::vector<std::string> many;
    for (char c = 'a'; c < 'k'; ++c)
      many.emplace_back(1, c);
    broadcast_to(many);
    publish();
    while (!open.empty())
      answer(said_no);
    CAF_CHECK(failure().detail.find("10 of 10 subscribers") != std::string::npos);
    CAF_CHECK(failure().detail.find("; and more") != std::string::npos);
    CAF_CHECK(failure().detail.size() < 400u);
  }

  CAF_TEST(closing answers everything) {
    broadcast_to({"a"});
    for (int i = 0; i < 4; ++i)
      publish();
    box.close({errc::unavailable, "closed"});
    for (size_t i = 0; i < 4; ++i)
      CAF_CHECK(failed(i));
    CAF_CHECK(box.due() == outbox::time_point::max());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
