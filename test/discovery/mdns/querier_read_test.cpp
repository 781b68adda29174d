#define CAF_SUITE mdns.querier_read

#include "querier_fixture.hpp"

#include "support.hpp"

using namespace mica::discovery::mdns;
using namespace mica::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

CAF_TEST_FIXTURE_SCOPE(querier_read_tests, querier_fixture)

  CAF_TEST(captured Go nodes are found by reply and by announcement) {
    watch(here);
    lan.send(here, mdns_capture("v2-get-reply"), "10.0.0.200", 5353);
    lan.send(here, mdns_capture("v1-announce"), "10.0.0.201", 5353);
    lan.advance(100ms);
    CAF_REQUIRE_EQUAL(here.shown.size(), 1u);
    CAF_REQUIRE_EQUAL(here.shown[0].versions.size(), 2u);
    auto& old = here.shown[0].versions[0];
    CAF_CHECK_EQUAL(old.version, "1.2.3");
    CAF_CHECK_EQUAL(old.nodes.at(0).id, "greeter-lab1");
    CAF_CHECK_EQUAL(old.nodes.at(0).address, "127.0.0.1:7111");
    CAF_CHECK_EQUAL(old.nodes.at(0).metadata.at("zone"), "a");
    auto& current = here.shown[0].versions[1];
    CAF_CHECK_EQUAL(current.version, "latest");
    CAF_CHECK_EQUAL(current.nodes.at(0).id, "greeter-lab2");
    CAF_CHECK_EQUAL(current.nodes.at(0).address, "127.0.0.1:7211");
    CAF_CHECK_EQUAL(current.nodes.at(0).metadata.at("protocol"), "mucp");
    CAF_REQUIRE(!current.endpoints.empty());
    CAF_CHECK_EQUAL(current.endpoints[0].name, "Greeter.Bidi");
    CAF_CHECK_EQUAL(current.endpoints[0].metadata.at("stream"), "true");
    lan.send(here, mdns_capture("v2-goodbye"), "10.0.0.200", 5353);
    CAF_CHECK_EQUAL(nodes(here.shown.back()), strings{"greeter-lab1 127.0.0.1:7111"});
  }

  CAF_TEST(a captured list reply names its service) {
    lan.run(here,
            [&](auto& core, auto& out) { CAF_REQUIRE(core.list(7, lan.now, out)); });
    lan.send(here, mdns_capture("v1-list-reply"), "10.0.0.200", 5353);
    lan.advance(100ms);
    CAF_CHECK_EQUAL(here.listed[7], strings{"greeter"});
  }

  CAF_TEST(records are accepted in any order and as additional ones) {
    watch(here);
    auto m = answer("a", 1);
    std::reverse(m.answers.begin(), m.answers.end());
    say(m);
    m = answer("b", 2);
    m.additionals.assign(m.answers.begin() + 1, m.answers.end());
    m.answers.resize(1);
    say(m);
    CAF_CHECK_EQUAL(known(), (strings{"a 10.0.0.200:1", "b 10.0.0.200:2"}));
  }

  CAF_TEST(several nodes in one message are all seen) {
    watch(here);
    auto m = answer("a", 1);
    auto more = answer("b", 2);
    m.answers.insert(m.answers.end(), more.answers.begin(), more.answers.end());
    say(m);
    CAF_CHECK_EQUAL(known().size(), 2u);
  }

  CAF_TEST(an incomplete answer is followed up by one query for the node) {
    watch(here);
    lan.advance(100ms);
    for (auto drop : {2, 3}) {
      queries(here);
      auto m = answer("a-" + std::to_string(drop), 1);
      m.answers.erase(m.answers.begin() + drop);
      say(m);
      say(m);
      CAF_REQUIRE_EQUAL(here.sent.size(), 1u);
      CAF_CHECK(here.sent[0].questions.at(0)
                == (question{"a-" + std::to_string(drop) + ".greeter.micro",
                             rr_type::any, false}));
    }
    queries(here);
    auto m = answer("b", 1);
    m.answers.resize(1);
    say(m);
    CAF_CHECK_EQUAL(queries(here), 1u);
    CAF_CHECK(known().empty());
  }

  CAF_TEST(an unspecified address becomes that of the sender) {
    watch(here);
    auto m = answer("a", 1);
    m.answers[2].data = ip_address{};
    say(m);
    CAF_CHECK_EQUAL(known(), strings{"a 10.0.0.200:1"});
  }

  CAF_TEST(IPv4 is preferred and a link local IPv6 address is none) {
    watch(here);
    auto m = answer("a", 1);
    m.answers[2].data = *parse_ip("2001:db8::9");
    m.answers.push_back({"vm", 120, *parse_ip("10.0.0.9")});
    say(m);
    m = answer("b", 1);
    m.answers[2].data = *parse_ip("fe80::9");
    say(m);
    CAF_CHECK_EQUAL(known(), strings{"a 10.0.0.9:1"});
  }

  CAF_TEST(an address that changes is noticed) {
    watch(here);
    say(answer("a", 1));
    say(answer("a", 2));
    CAF_CHECK_EQUAL(known(), strings{"a 10.0.0.200:2"});
  }

  CAF_TEST(nodes of one version that differ in their endpoints do not flap) {
    watch(here);
    lan.advance(100ms);
    auto a = answer("a", 1);
    auto b = answer("b", 2);
    auto content = greeter("b", "");
    content.endpoints.clear();
    b.answers[3].data = txt_data{write_advert(content, content.nodes[0])};
    say(a);
    say(b);
    auto before = here.shown.size();
    for (int i = 0; i < 5; ++i) {
      say(a);
      say(b);
    }
    CAF_CHECK_EQUAL(here.shown.size(), before);
  }

  CAF_TEST(broken text records never become nodes) {
    watch(here);
    std::string bomb = mica::discovery::to_hex_zlib(std::string(2'000'000, 'x'));
    auto other = greeter("a", "");
    other.name = "other";
    for (auto& text :
         strings{"", "zz", "78", "789c", mica::discovery::to_hex_zlib(""),
                 mica::discovery::to_hex_zlib("{"), mica::discovery::to_hex_zlib("[]"),
                 mica::discovery::to_hex_zlib("{\"Service\":7}"),
                 mica::discovery::to_hex_zlib("{\"Service\":\"\"}"),
                 mica::discovery::to_hex_zlib(std::string(100'000, '[')), bomb,
                 write_advert(other, other.nodes[0])}) {
      auto m = answer("a", 1);
      m.answers[3].data = txt_data{text};
      say(m);
    }
    auto m = answer("a", 0);
    say(m);
    CAF_CHECK(known().empty());
    CAF_MESSAGE("and a good one does");
    say(answer("a", 1));
    CAF_CHECK_EQUAL(known().size(), 1u);
  }

  CAF_TEST(endless TTLs end after seventy five minutes) {
    watch(here);
    say(answer("a", 1, 0xffffffff));
    lan.advance(4'499s);
    CAF_CHECK_EQUAL(known().size(), 1u);
    lan.advance(1s);
    CAF_CHECK_EQUAL(known().size(), 0u);
  }

  CAF_TEST(answers from off the link are not believed) {
    watch(here);
    lan.send(here, *write_message(answer("a", 1)), "192.0.2.1", 5353);
    CAF_CHECK(known().empty());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
