#define CAF_SUITE kafka_core

#include "broker/kafka/names.hpp"
#include "broker/kafka/offset_ledger.hpp"

#include <caf/test/unit_test.hpp>

#include <string>

using namespace mica::broker::kafka;

using mica::errc;

CAF_TEST(a commit never passes what is not settled) {
  offset_ledger ledger{10};
  CAF_CHECK_EQUAL(ledger.position(), 10);
  for (auto x : {10, 11, 12})
    ledger.deliver(x);
  CAF_CHECK_EQUAL(ledger.position(), 10);
  ledger.settle(11);
  ledger.settle(12);
  CAF_CHECK_EQUAL(ledger.position(), 10);
  ledger.settle(10);
  CAF_CHECK_EQUAL(ledger.position(), 13);
  CAF_CHECK_EQUAL(ledger.open(), 0u);
}

CAF_TEST(offsets may have gaps) {
  offset_ledger ledger{0};
  for (auto x : {5, 9, 100})
    ledger.deliver(x);
  CAF_CHECK_EQUAL(ledger.position(), 5);
  ledger.settle(5);
  CAF_CHECK_EQUAL(ledger.position(), 9);
  ledger.settle(100);
  CAF_CHECK_EQUAL(ledger.position(), 9);
  ledger.settle(9);
  CAF_CHECK_EQUAL(ledger.position(), 101);
}

CAF_TEST(settling what is not there changes nothing) {
  offset_ledger ledger{0};
  ledger.deliver(1);
  ledger.deliver(3);
  for (auto x : {0, 2, 4})
    ledger.settle(x);
  CAF_CHECK_EQUAL(ledger.position(), 1);
  ledger.settle(1);
  ledger.settle(1);
  CAF_CHECK_EQUAL(ledger.position(), 3);
  CAF_CHECK_EQUAL(ledger.delivered(), 4);
}

CAF_TEST(topics that Kafka can have pass and others are refused) {
  for (const auto* x : {"events", "go.micro.topic.foo", "A-b_9", "..."})
    CAF_CHECK(check_topic(x));
  for (const auto* x : {"", ".", "..", "a b", "a/b", "\xc3\xa9", "a\n"}) {
    auto y = check_topic(x);
    CAF_REQUIRE(!y);
    CAF_CHECK(y.error().reason == errc::invalid_argument);
    CAF_CHECK(y.error().detail.find('\n') == std::string::npos);
  }
  CAF_CHECK(check_topic(std::string(249, 'a')));
  CAF_CHECK(!check_topic(std::string(250, 'a')));
}

CAF_TEST(addresses get Kafkas port) {
  auto read = [](const char* text) {
    auto x = parse_address(text);
    return x ? *x : "refused";
  };
  CAF_CHECK_EQUAL(read("host"), "host:9092");
  CAF_CHECK_EQUAL(read("127.0.0.1:1234"), "127.0.0.1:1234");
  CAF_CHECK_EQUAL(read("[::1]:99"), "[::1]:99");
  for (const auto* x : {"", ":9092", "host:", "host:0", "host:65536", "host:x", "a,b:1",
                        "kafka://h", "[::1", "::1"})
    CAF_CHECK_EQUAL(read(x), "refused");
}

CAF_TEST(the metadata of a commit says how far was delivered) {
  CAF_CHECK_EQUAL(read_delivered(write_delivered(0)), 0);
  CAF_CHECK_EQUAL(read_delivered(write_delivered(1'234'567'890'123)),
                  1'234'567'890'123);
  for (const auto* x : {"", "mica:", "mica:x", "mica:1x", "other", "12"})
    CAF_CHECK_EQUAL(read_delivered(x), -1);
}
