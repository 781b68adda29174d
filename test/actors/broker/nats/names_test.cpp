#define CAF_SUITE nats_names

#include "broker/nats/address.hpp"
#include "broker/nats/subjects.hpp"

#include <caf/test/unit_test.hpp>

#include <set>
#include <string>

using namespace mica::broker::nats;

using mica::errc;

CAF_TEST(topics that are subjects pass and others are refused) {
  for (const auto* x : {"events", "go.micro.topic.foo", "a-b_c.d", "\xc3\xa9t\xc3\xa9"})
    CAF_CHECK(check_topic(x));
  for (const auto* x : {"", "a b", "a\tb", "a\r\nPUB x 0", ".a", "a.", "a..b", "a.*",
                        ">", "a.>", "\x7f"}) {
    auto y = check_topic(x);
    CAF_REQUIRE(!y);
    CAF_CHECK(y.error().reason == errc::invalid_argument);
    CAF_CHECK(y.error().detail.find('\n') == std::string::npos);
  }
  CAF_CHECK(check_topic(std::string(255, 'a')));
  CAF_CHECK(!check_topic(std::string(256, 'a')));
}

CAF_TEST(queues may be empty and hold no white space) {
  CAF_CHECK(check_queue(""));
  CAF_CHECK(check_queue("go.micro.srv"));
  CAF_CHECK(!check_queue("a b"));
  CAF_CHECK(!check_queue(std::string(129, 'q')));
}

CAF_TEST(plain names of different texts differ) {
  CAF_CHECK_EQUAL(plain_name("events-1"), "events-1");
  CAF_CHECK_EQUAL(plain_name("a.b"), "a_2Eb");
  CAF_CHECK_EQUAL(plain_name("a_b"), "a_5Fb");
  std::set<std::string> names;
  for (const auto* x : {"a.b", "a_b", "a_2Eb", "a-b", "a/b", "A.b"})
    names.insert(plain_name(x));
  CAF_CHECK_EQUAL(names.size(), 6u);
}

CAF_TEST(addresses are read with scheme user and port) {
  auto shown = [](const char* text) {
    auto x = parse_address(text);
    return x ? x->shown : "refused";
  };
  CAF_CHECK_EQUAL(shown("127.0.0.1"), "nats://127.0.0.1:4222");
  CAF_CHECK_EQUAL(shown("nats://host:1234"), "nats://host:1234");
  CAF_CHECK_EQUAL(shown("tls://host"), "tls://host:4222");
  CAF_CHECK_EQUAL(shown("[::1]:4333"), "nats://[::1]:4333");
  CAF_CHECK_EQUAL(shown("nats://[::1]"), "nats://[::1]:4222");
  CAF_CHECK(parse_address("tls://host")->tls);
  CAF_CHECK(!parse_address("host")->tls);
  auto with_user = parse_address("nats://joe:secret@host");
  CAF_REQUIRE(with_user);
  CAF_CHECK_EQUAL(with_user->url, "nats://joe:secret@host:4222");
  CAF_CHECK_EQUAL(with_user->shown, "nats://host:4222");
}

CAF_TEST(what is no address is refused without its password) {
  for (const auto* x : {"", "http://host", "host:0", "host:65536", "host:abc", "a b",
                        "nats://", "host:1:2", "nats://joe:secret@", "[::1"}) {
    auto y = parse_address(x);
    CAF_CHECK(!y);
    if (!y) {
      CAF_CHECK(y.error().reason == errc::invalid_argument);
      CAF_CHECK(y.error().detail.find("secret") == std::string::npos);
    }
  }
}
