#define CAF_SUITE event_headers

#include "broker/event_headers.hpp"

#include "fake_subscription.hpp"

#include <caf/test/unit_test.hpp>

#include <set>

using namespace mica;
using namespace mica::detail;

CAF_TEST(an event has the fields of Go Micro) {
  metadata fields;
  write_headers(fields, {{"X-Mine", "1"}}, "application/json", "events", "pub");
  CAF_CHECK_EQUAL(fields.size(), 5u);
  CAF_CHECK(fields.get_or("X-Mine", "") == "1");
  CAF_CHECK(fields.get_or("Content-Type", "") == "application/json");
  CAF_CHECK(fields.get_or("Micro-Topic", "") == "events");
  CAF_CHECK(fields.get_or("Micro-From-Service", "") == "pub");
  CAF_CHECK_EQUAL(fields.get_or("Micro-Id", "").size(), 36u);
}

CAF_TEST(a publisher can not speak for another topic) {
  metadata fields;
  write_headers(fields, {{"micro-topic", "other"}, {"MICRO-ID", "1"}}, "a/b", "events",
                {});
  CAF_CHECK_EQUAL(fields.size(), 3u);
  CAF_CHECK(fields.get_or("Micro-Topic", "") == "events");
  CAF_CHECK(fields.get_or("Micro-Id", "") != "1");
}

CAF_TEST(ids are version 4 UUIDs and differ) {
  std::set<std::string> seen;
  for (auto i = 0; i < 10'000; ++i) {
    auto id = make_micro_id();
    CAF_REQUIRE_EQUAL(id.size(), 36u);
    CAF_REQUIRE(id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-');
    CAF_REQUIRE_EQUAL(id[14], '4');
    CAF_REQUIRE(id[19] == '8' || id[19] == '9' || id[19] == 'a' || id[19] == 'b');
    seen.insert(std::move(id));
  }
  CAF_CHECK_EQUAL(seen.size(), 10'000u);
}

CAF_TEST(trace fields go along unless the publisher has its own) {
  metadata to{{"traceparent", "mine"}};
  copy_trace({{"Traceparent", "theirs"},
              {"micro-trace-id", "7"},
              {"Authorization", "secret"},
              {"tracestate", "x=1"}},
             to);
  CAF_CHECK_EQUAL(to.size(), 3u);
  CAF_CHECK(to.get_or("traceparent", "") == "mine");
  CAF_CHECK(to.get_or("Micro-Trace-Id", "") == "7");
  CAF_CHECK(to.get_or("tracestate", "") == "x=1");
}

CAF_TEST(a dead letter tells where it comes from and why) {
  auto what = test::make_event(
      "events", "body",
      {{"Content-Type", "a/b"}, {"Micro-Topic", "events"}, {"Micro-Id", "original"}});
  auto letter = make_dead_letter(*what, "dead", 5,
                                 error{errc::internal, "line one\nline two", "svc"});
  CAF_CHECK_EQUAL(letter->topic, "dead");
  CAF_CHECK_EQUAL(letter->body, "body");
  const auto& fields = letter->headers;
  CAF_CHECK(fields.get_or("Content-Type", "") == "a/b");
  CAF_CHECK(fields.get_or("Micro-Topic", "") == "dead");
  CAF_CHECK(fields.get_or("Mica-Original-Topic", "") == "events");
  CAF_CHECK(fields.get_or("Mica-Original-Id", "") == "original");
  CAF_CHECK(fields.get_or("Mica-Attempts", "") == "5");
  CAF_CHECK(fields.get_or("Micro-Id", "") != "original");
  auto why = std::string{fields.get_or("Mica-Error", "")};
  CAF_CHECK(why.find("line one line two") != why.npos);
  auto long_one = make_dead_letter(*what, "dead", 5,
                                   error{errc::internal, std::string(9'999, 'x')});
  CAF_CHECK_EQUAL(long_one->headers.get_or("Mica-Error", "").size(), max_reason_bytes);
}
