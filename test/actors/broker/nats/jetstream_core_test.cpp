#define CAF_SUITE jetstream_core

#include "broker/jetstream/pull_window.hpp"
#include "broker/jetstream/replies.hpp"

#include <caf/test/unit_test.hpp>

#include <string>

using namespace mica::broker::jetstream;
using namespace std::chrono_literals;

using mica::errc;

CAF_TEST(a delivery tells how often and which it is) {
  auto x = read_ack_subject("$JS.ACK.mica-events.workers.2.17.19.1700000000000.3");
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(x->delivered, 2u);
  CAF_CHECK_EQUAL(x->sequence, 17u);
  // Newer servers name domain and account.
  auto y = read_ack_subject("$JS.ACK._.ACC.mica-events.workers.1.7.9.17.3.rand");
  CAF_REQUIRE(y);
  CAF_CHECK_EQUAL(y->delivered, 1u);
  CAF_CHECK_EQUAL(y->sequence, 7u);
  for (const auto* bad : {"", "_INBOX.x", "$JS.ACK.", "$JS.ACK.a.b.c.d.e.f.g",
                          "$JS.ACK.s.c.1.99999999999999999999.1.1.1"})
    CAF_CHECK(!read_ack_subject(bad));
}

CAF_TEST(answers to a publish are told apart) {
  using kind = publish_answer::kind;
  CAF_CHECK(read_publish_answer(R"({"stream":"mica-events","seq":1})").what
            == kind::stored);
  CAF_CHECK(read_publish_answer(R"({"stream":"s","seq":1,"duplicate":true})").what
            == kind::stored);
  auto full = read_publish_answer(
      R"({"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"s","seq":0})");
  CAF_CHECK(full.what == kind::refused);
  CAF_CHECK(full.why.reason == errc::overloaded);
  auto large = read_publish_answer(
      R"({"error":{"code":400,"description":"message size exceeds maximum allowed"}})");
  CAF_CHECK(large.why.reason == errc::limit_exceeded);
}

CAF_TEST(nonsense as an answer is refused and breaks nothing) {
  for (const auto* x :
       {"", "{", "[]", "7", "null", R"({"error":7})", R"({"error":{"code":"x"}})",
        R"({"error":{"description":[]}})", R"({"stream":7})", "{}"}) {
    auto y = read_publish_answer(x);
    CAF_CHECK(y.what == publish_answer::kind::refused);
    CAF_CHECK(y.why.reason != errc::none);
  }
}

CAF_TEST(the end of a request says what to do) {
  CAF_CHECK(read_pull_status("404", "No Messages") == pull_end::over);
  CAF_CHECK(read_pull_status("408", "Request Timeout") == pull_end::over);
  CAF_CHECK(read_pull_status("409", "Exceeded MaxWaiting") == pull_end::over);
  CAF_CHECK(read_pull_status("409", "Consumer Deleted") == pull_end::no_consumer);
  CAF_CHECK(read_pull_status("503", "") == pull_end::not_ready);
}

CAF_TEST(what is asked for never exceeds the prefetch) {
  pull_window window{8};
  time_point now{};
  auto first = window.next(0, now);
  CAF_REQUIRE(first);
  CAF_CHECK_EQUAL(first->batch, 8u);
  CAF_CHECK(!window.next(0, now));
  size_t unsettled = 0;
  for (auto i = 0; i < 8; ++i) {
    window.arrived();
    ++unsettled;
    CAF_CHECK(!window.next(unsettled, now));
  }
  CAF_CHECK_EQUAL(window.open(), 0u);
  // With nothing open, each free place is worth a request.
  --unsettled;
  auto second = window.next(unsettled, now);
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(second->batch, 1u);
}

CAF_TEST(while a request is open the next one is worth its while) {
  pull_window window{8};
  time_point now{};
  CAF_CHECK(window.next(7, now));
  CAF_CHECK(!window.next(6, now));
  auto more = window.next(5, now);
  CAF_REQUIRE(more);
  CAF_CHECK_EQUAL(more->batch, 2u);
}

CAF_TEST(an ended request makes room for what it did not bring) {
  pull_window window{4};
  time_point now{};
  auto first = window.next(0, now);
  window.arrived();
  window.ended(first->number);
  window.ended(first->number);
  CAF_CHECK_EQUAL(window.open(), 0u);
  auto next = window.next(1, now);
  CAF_REQUIRE(next);
  CAF_CHECK_EQUAL(next->batch, 3u);
}

CAF_TEST(a request without an answer is forgotten in time) {
  pull_window window{4};
  time_point now{};
  CAF_CHECK(window.next(0, now));
  window.expire(now + 34s);
  CAF_CHECK_EQUAL(window.open(), 4u);
  window.expire(now + 35s);
  CAF_CHECK_EQUAL(window.open(), 0u);
}

CAF_TEST(a lost connection forgets every request) {
  pull_window window{4};
  time_point now{};
  CAF_CHECK(window.next(0, now));
  window.reset();
  window.arrived();
  auto next = window.next(0, now);
  CAF_REQUIRE(next);
  CAF_CHECK_EQUAL(next->batch, 4u);
}
