#define CAF_SUITE mdns.querier

#include "querier_fixture.hpp"

#include "support.hpp"

using namespace mica::discovery::mdns;
using namespace mica::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

CAF_TEST_FIXTURE_SCOPE(querier_tests, querier_fixture)

  CAF_TEST(a node registered there is found here with all it said) {
    auto sent = greeter("greeter-1", "10.0.0.2:8080", "1.2.3");
    sent.metadata["team"] = "<blue & green>";
    sent.endpoints.push_back({"Greeter.Stream", {}, {}, {{"stream", "true"}}});
    CAF_REQUIRE(lan.add_node(there, sent));
    auto found = lan.find(here, "greeter");
    CAF_REQUIRE_EQUAL(found.versions.size(), 1u);
    CAF_CHECK(found.versions[0] == sent);
  }

  CAF_TEST(every node of every version on every host is found) {
    CAF_REQUIRE(lan.add_node(there, greeter("b", "10.0.0.2:1", "v1")));
    CAF_REQUIRE(lan.add_node(there, greeter("a", "[2001:db8::2]:2", "v1")));
    CAF_REQUIRE(lan.add_node(here, greeter("c", "10.0.0.1:3", "v2")));
    CAF_REQUIRE(lan.add_node(lan.add(), greeter("d", "10.0.0.3:4", "v2")));
    strings all{"a [2001:db8::2]:2", "b 10.0.0.2:1", "c 10.0.0.1:3", "d 10.0.0.3:4"};
    CAF_CHECK_EQUAL(nodes(lan.find(here, "greeter")), all);
    CAF_CHECK_EQUAL(nodes(lan.find(there, "greeter")), all);
  }

  CAF_TEST(an unknown service takes the whole timeout and asks twice) {
    auto start = lan.now;
    CAF_CHECK(lan.find(here, "nobody").versions.empty());
    CAF_CHECK(lan.now - start == 100ms);
    CAF_CHECK_EQUAL(queries(here), 2u);
  }

  CAF_TEST(a lookup ends a quarter of the timeout after the last answer) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    auto start = lan.now;
    CAF_CHECK_EQUAL(nodes(lan.find(here, "greeter")).size(), 1u);
    CAF_CHECK(lan.now - start == 25ms);
    CAF_CHECK_EQUAL(queries(here), 1u);
  }

  CAF_TEST(answers that never cease do not hold a lookup beyond its timeout) {
    auto start = lan.now;
    lan.run(here, [&](auto& core, auto& out) {
      CAF_REQUIRE(core.lookup(99, "greeter", lan.now, out));
    });
    for (uint16_t i = 1; i <= 30; ++i) {
      say(answer("node-" + std::to_string(i), i));
      lan.advance(5ms);
      if (here.found.count(99) != 0)
        break;
    }
    CAF_CHECK(lan.now - start == 100ms);
    CAF_CHECK_EQUAL(nodes(here.found[99]).size(), 20u);
  }

  CAF_TEST(a service known already is answered at once) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    lan.find(here, "greeter");
    queries(here);
    auto start = lan.now;
    CAF_CHECK_EQUAL(nodes(lan.find(here, "greeter")).size(), 1u);
    CAF_CHECK(lan.now == start);
    CAF_CHECK_EQUAL(queries(here), 0u);
    CAF_MESSAGE("and asked for again behind the answer when that was long ago");
    lan.advance(10s);
    start = lan.now;
    CAF_CHECK_EQUAL(nodes(lan.find(here, "greeter")).size(), 1u);
    CAF_CHECK(lan.now == start);
    CAF_CHECK_EQUAL(queries(here), 1u);
  }

  CAF_TEST(announcements alone do not make a service known) {
    lan.find(here, "other");
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    queries(here);
    CAF_CHECK_EQUAL(nodes(lan.find(here, "greeter")).size(), 1u);
    CAF_CHECK_EQUAL(queries(here), 1u);
  }

  CAF_TEST(lookups at the same time share their queries) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    for (uint64_t ticket : {1001, 1002, 1003})
      lan.run(here, [&](auto& core, auto& out) {
        CAF_REQUIRE(core.lookup(ticket, "greeter", lan.now, out));
      });
    lan.advance(100ms);
    CAF_CHECK_EQUAL(queries(here), 1u);
    for (uint64_t ticket : {1001, 1002, 1003})
      CAF_CHECK_EQUAL(nodes(here.found[ticket]).size(), 1u);
  }

  CAF_TEST(a goodbye removes the node at once) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    CAF_REQUIRE(lan.add_node(there, greeter("b", "10.0.0.2:2")));
    lan.find(here, "greeter");
    leave(there, "a");
    CAF_CHECK_EQUAL(known(), strings{"b 10.0.0.2:2"});
  }

  CAF_TEST(an own node that left does not come back by its own announcements) {
    CAF_REQUIRE(lan.add_node(here, greeter("a", "10.0.0.1:1")));
    lan.find(here, "greeter");
    outcome late;
    lan.run(here, [&](auto& core, auto&) {
      CAF_REQUIRE(core.add(greeter("b", "10.0.0.1:2"), 0s, lan.now, late));
    });
    leave(here, "b");
    CAF_REQUIRE_EQUAL(late.packets.size(), 1u);
    // The announcement was under way when the node left.
    lan.send(here, late.packets[0].bytes, "10.0.0.1", 5353);
    CAF_CHECK_EQUAL(known(), strings{"a 10.0.0.1:1"});
    CAF_MESSAGE("the same node of another machine does");
    say(answer("b", 2));
    CAF_CHECK_EQUAL(known(), (strings{"a 10.0.0.1:1", "b 10.0.0.200:2"}));
  }

  CAF_TEST(a host that crashed is forgotten when its TTL ends) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1"), 60s));
    lan.find(here, "greeter");
    there.plugged = false;
    lan.advance(59s);
    CAF_CHECK_EQUAL(known().size(), 1u);
    lan.advance(1s);
    CAF_CHECK_EQUAL(known().size(), 0u);
  }

  CAF_TEST(a host that stays is never forgotten) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    watch(here);
    for (int i = 0; i < 60; ++i) {
      lan.advance(10s);
      CAF_CHECK_EQUAL(known().size(), 1u);
    }
    CAF_CHECK_EQUAL(here.shown.size(), 1u);
  }

  CAF_TEST(a watcher is shown the service once it was collected then each change) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    watch(here);
    CAF_CHECK(!here.core->settled("greeter"));
    CAF_CHECK_EQUAL(here.shown.size(), 0u);
    lan.advance(100ms);
    CAF_CHECK(here.core->settled("greeter"));
    CAF_REQUIRE_EQUAL(here.shown.size(), 1u);
    CAF_CHECK_EQUAL(nodes(here.shown[0]), strings{"a 10.0.0.2:1"});
    CAF_REQUIRE(lan.add_node(there, greeter("b", "10.0.0.2:2")));
    CAF_REQUIRE(lan.add_node(here, greeter("c", "10.0.0.1:3")));
    auto changed = greeter("b", "10.0.0.2:2");
    changed.nodes[0].metadata["x"] = "y";
    CAF_REQUIRE(lan.add_node(there, changed));
    leave(there, "a");
    CAF_REQUIRE_EQUAL(here.shown.size(), 5u);
    CAF_CHECK_EQUAL(nodes(here.shown[2]).size(), 3u);
    CAF_CHECK_EQUAL(here.shown[3].versions[0].nodes[1].metadata.at("x"), "y");
    CAF_CHECK_EQUAL(nodes(here.shown[4]), (strings{"b 10.0.0.2:2", "c 10.0.0.1:3"}));
  }

  CAF_TEST(a watcher of nothing is shown nothing after the timeout) {
    watch(here, "nobody");
    lan.advance(100ms);
    CAF_REQUIRE_EQUAL(here.shown.size(), 1u);
    CAF_CHECK(here.shown[0].versions.empty());
  }

  CAF_TEST(queries for a watched service grow rare but never cease) {
    watch(here, "nobody");
    lan.advance(100ms);
    queries(here);
    auto start = lan.now;
    std::vector<std::chrono::seconds> gaps;
    auto last = start;
    while (lan.now - start < 10min) {
      lan.advance(500ms);
      if (queries(here) > 0) {
        gaps.push_back(std::chrono::round<std::chrono::seconds>(lan.now - last));
        last = lan.now;
      }
    }
    CAF_REQUIRE(gaps.size() > 15u && gaps.size() < 30u);
    CAF_CHECK(gaps[0] <= 2s);
    CAF_CHECK(gaps[1] >= gaps[0]);
    for (auto gap : gaps)
      CAF_CHECK(gap <= 34s);
  }

  CAF_TEST(nobody is asked after the last watcher left) {
    watch(here);
    watch(here);
    lan.advance(5s);
    here.core->unwatch("greeter");
    queries(here);
    lan.advance(60s);
    CAF_CHECK(queries(here) > 0u);
    here.core->unwatch("greeter");
    lan.advance(10min);
    CAF_CHECK_EQUAL(queries(here), 0u);
    CAF_CHECK(!here.core->next());
  }

  CAF_TEST(services nobody asks for any more are forgotten) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    lan.find(here, "greeter");
    lan.advance(119s);
    CAF_CHECK_EQUAL(known().size(), 1u);
    lan.advance(1s);
    CAF_CHECK_EQUAL(known().size(), 0u);
  }

  CAF_TEST(all services are listed once with those of this host) {
    CAF_REQUIRE(lan.add_node(there, greeter("a", "10.0.0.2:1")));
    CAF_REQUIRE(lan.add_node(here, greeter("b", "10.0.0.1:1")));
    auto other = greeter("x", "10.0.0.2:3");
    other.name = "go.micro.srv.other";
    CAF_REQUIRE(lan.add_node(there, other));
    CAF_CHECK_EQUAL(lan.list(here), (strings{"go.micro.srv.other", "greeter"}));
  }

  CAF_TEST(ids and services with dots and other characters are told apart) {
    for (auto& [service, id] : std::vector<std::pair<std::string, std::string>>{
             {"b.c", "a"},
             {"c", "a.b"},
             {"b.c", "x.a"},
             {"b\\c", "\\"},
             {"gr\xc3\xbc\xc3\x9f e", "n 1"}}) {
      auto x = greeter(id, "10.0.0.2:1");
      x.name = service;
      CAF_REQUIRE(lan.add_node(there, x));
    }
    CAF_CHECK_EQUAL(nodes(lan.find(here, "b.c")),
                    (strings{"a 10.0.0.2:1", "x.a 10.0.0.2:1"}));
    CAF_CHECK_EQUAL(nodes(lan.find(here, "c")), strings{"a.b 10.0.0.2:1"});
    CAF_CHECK_EQUAL(nodes(lan.find(here, "b\\c")), strings{"\\ 10.0.0.2:1"});
    CAF_CHECK_EQUAL(nodes(lan.find(here, "gr\xc3\xbc\xc3\x9f e")),
                    strings{"n 1 10.0.0.2:1"});
    CAF_CHECK_EQUAL(lan.list(here).size(), 4u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
