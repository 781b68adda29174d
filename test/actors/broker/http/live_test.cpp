#define CAF_SUITE http_broker_live

#include "http_world.hpp"

#include "codecs/http_text.hpp"
#include "net/tls/tls_fixture.hpp"

#include "mica/codecs/event_json.hpp"

using namespace mica;
using namespace mica::broker;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::multiset<std::string>;

strings bodies(const std::vector<delivery>& of) {
  strings result;
  for (const auto& x : of)
    result.insert(x.what->body);
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_broker_live_tests, http_world)

  CAF_TEST(an event arrives at another process as it was published) {
    auto there = connected();
    auto here = connected();
    auto& who = record();
    subscribe(there, who);
    must(publish(here, make_event(std::string{"\0\xff", 2},
                                  {{"Content-Type", "application/json"},
                                   {"Micro-Id", "1"},
                                   {"Micro-Topic", "events"},
                                   {"X-Own", "a \"b\" <c>"}})));
    auto got = who.await(1).at(0);
    CAF_CHECK_EQUAL(got.what->topic, "events");
    CAF_CHECK_EQUAL(got.what->body, (std::string{"\0\xff", 2}));
    CAF_CHECK_EQUAL(got.what->headers.size(), 4u);
    CAF_CHECK_EQUAL(got.what->headers.get_or("X-Own", ""), "a \"b\" <c>");
    CAF_CHECK_EQUAL(got.what->content_type(), "application/json");
  }

  CAF_TEST(its address is where it listens and connecting again changes nothing) {
    auto here = make({}, environment());
    CAF_CHECK_EQUAL(address(here), "");
    live.ask<caf::ok_atom>(here.actor, connect_atom::value);
    auto bound = address(here);
    CAF_CHECK(bound.starts_with("127.0.0.1:"));
    live.ask<caf::ok_atom>(here.actor, connect_atom::value);
    CAF_CHECK_EQUAL(address(here), bound);
    raw_peer peer{bound};
    CAF_CHECK(peer.connected());
  }

  CAF_TEST(an address that is none is refused) {
    auto env = environment();
    env.addresses = {"nowhere:x"};
    auto broker = make({}, env);
    auto answer = live.try_ask<caf::ok_atom>(broker.actor, connect_atom::value);
    CAF_REQUIRE(!answer);
    CAF_CHECK(answer.error().reason == errc::invalid_argument);
  }

  CAF_TEST(publish is answered when the subscriber has settled) {
    auto there = connected();
    auto here = connected();
    auto& who = keep();
    subscribe(there, who);
    auto pending = publish(here, "x");
    auto got = who.await(1).at(0);
    CAF_CHECK(is_open(pending));
    got.from->settle(got.tag, verdict::ack);
    must(std::move(pending));
  }

  CAF_TEST(each subscriber gets a broadcast and one of each queue) {
    auto here = connected();
    std::vector<recorder*> all;
    for (auto queue : {"", "", "q", "q", "r"}) {
      all.push_back(&record());
      subscribe(connected(), *all.back(), queue);
    }
    for (int i = 0; i < 20; ++i)
      must(publish(here, std::to_string(i)));
    CAF_CHECK_EQUAL(all[0]->taken().size(), 20u);
    CAF_CHECK_EQUAL(all[1]->taken().size(), 20u);
    CAF_CHECK_EQUAL(all[2]->taken().size() + all[3]->taken().size(), 20u);
    CAF_CHECK_EQUAL(all[4]->taken().size(), 20u);
  }

  CAF_TEST(what a subscriber gives back is an error that names it) {
    auto there = connected();
    auto here = connected();
    subscribe(there, record([](const event&) { return verdict::give_back; }));
    auto why = failure(publish(here, "x"));
    CAF_CHECK(why.reason == errc::unavailable);
    CAF_CHECK(contains(why.detail, "1 of 1 subscribers did not get it: events-"));
    CAF_CHECK(contains(why.detail, "at " + address(there)));
    CAF_CHECK(contains(why.detail, "gave the event back"));
  }

  CAF_TEST(another one of a queue gets what the first gives back) {
    auto here = connected();
    auto& bad = record([](const event&) { return verdict::give_back; });
    auto& good = record();
    subscribe(connected(), bad, "q");
    subscribe(connected(), good, "q");
    strings sent;
    for (int i = 0; i < 20; ++i) {
      must(publish(here, std::to_string(i)));
      sent.insert(std::to_string(i));
    }
    CAF_CHECK(!bad.taken().empty());
    CAF_CHECK_EQUAL(bodies(good.taken()), sent);
  }

  CAF_TEST(the subscriber of the same broker gets its events) {
    auto here = connected();
    auto& who = record();
    subscribe(here, who);
    must(publish(here, "x"));
    CAF_CHECK_EQUAL(who.taken().size(), 1u);
  }

  CAF_TEST(publishing by a message does the same) {
    auto here = connected();
    auto& who = record();
    subscribe(here, who);
    live.ask<caf::ok_atom>(here.actor, publish_atom::value, make_event("x"));
    CAF_CHECK_EQUAL(who.taken().size(), 1u);
    auto none = live.try_ask<caf::ok_atom>(here.actor, publish_atom::value,
                                           make_event("x", {}, ""));
    CAF_REQUIRE(!none);
    CAF_CHECK(none.error().reason == errc::invalid_argument);
  }

  CAF_TEST(captured requests of Go Micro are delivered and answered by 200) {
    auto there = connected();
    auto& who = record();
    subscribe(there, who);
    size_t count = 0;
    for (auto [name, service] :
         {std::pair{"broker-http-v1-publish", "go.micro.http.broker"},
          std::pair{"broker-http-v2-publish", "micro.http.broker"}}) {
      auto request = captured_requests(name).at(0);
      request.target =
          request.target.substr(0, request.target.find('=') + 1) + ids(service).at(0);
      raw_peer peer{address(there)};
      peer.send(text_of(request));
      auto response = peer.response();
      CAF_CHECK(response.starts_with("HTTP/1.1 200 OK\r\n"));
      CAF_CHECK(contains(response, "Content-Length: 0\r\n"));
      auto got = who.await(++count);
      CAF_REQUIRE_EQUAL(got.size(), count);
      CAF_CHECK_EQUAL(got.back().what->topic, "events");
      CAF_CHECK_EQUAL(got.back().what->body.substr(0, 9), "\n\aevent-0");
    }
  }

  CAF_TEST(requests that are none are refused as Go Micro refuses them) {
    auto there = connected();
    subscribe(there, record());
    auto id = ids("micro.http.broker").at(0);
    raw_peer peer{address(there)};
    peer.send(post("/?id=" + id, "", "GET"));
    CAF_CHECK(contains(peer.response(), "HTTP/1.1 405 "));
    peer.send(post("/?id=" + id, "{"));
    auto response = peer.response();
    CAF_CHECK(contains(response, "HTTP/1.1 500 "));
    CAF_CHECK(contains(response, R"({"id":"go.micro.broker","code":500,)"));
    auto good = write_event_json({{"Micro-Topic", "events"}}, "x");
    peer.send(post("/?id=unknown", good));
    CAF_CHECK(contains(peer.response(), "HTTP/1.1 404 "));
    peer.send(post("/?id=" + id, write_event_json({{"Micro-Topic", "other"}}, "x")));
    CAF_CHECK(contains(peer.response(), "HTTP/1.1 404 "));
    peer.send(post("/?id=" + id, good));
    CAF_CHECK(contains(peer.response(), "HTTP/1.1 200 "));
  }

  CAF_TEST(an event of 100 MiB is refused on both sides) {
    auto there = connected();
    subscribe(there, record());
    auto why = failure(publish(there, std::string(100 << 20, 'x')));
    CAF_CHECK(why.reason == errc::limit_exceeded);
    CAF_CHECK(contains(why.detail, "104857600 bytes"));
    CAF_CHECK(contains(why.detail, "4194304 (http_broker_options::event_bytes)"));
    raw_peer peer{address(there)};
    peer.send("POST /?id=" + ids("micro.http.broker").at(0)
              + " HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n");
    CAF_CHECK(contains(peer.response(), "HTTP/1.1 413 "));
  }

  CAF_TEST(the largest event arrives whole) {
    auto there = connected();
    auto here = connected();
    auto& who = record();
    subscribe(there, who);
    std::string body(http_broker_options{}.event_bytes, '\xfe');
    must(publish(here, body));
    CAF_CHECK(who.await(1).at(0).what->body == body);
  }

  CAF_TEST(headers beyond the limit are refused) {
    auto here = connected();
    auto why =
        failure(publish(here, make_event("x", {{"a", std::string(70'000, 'x')}})));
    CAF_CHECK(why.reason == errc::limit_exceeded);
    CAF_CHECK(contains(why.detail, "http_broker_options::header_bytes"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
