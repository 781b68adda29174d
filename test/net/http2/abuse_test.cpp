// What costs a peer nothing has a budget, and its end is ENHANCE_YOUR_CALM.

#define CAF_SUITE http2_abuse

#include "server_fixture.hpp"

#include "http2/abuse_meter.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http2;
using namespace mica::test;

namespace {

/// How often `f` says true, at most 100,000 times.
template <class F>
size_t times(F f) {
  size_t n = 0;
  while (n < 100'000 && f())
    ++n;
  return n;
}

frame_head head_of(frame_type type, uint32_t length, uint8_t flags = 0) {
  frame_head result;
  result.type = type;
  result.length = length;
  result.flags = flags;
  return result;
}

struct abuse_fixture : server_fixture {
  abuse_fixture() {
    limits2.resets = 20;
    limits2.resets_per_second = 2;
    limits2.control_frames = 100;
    limits2.control_frames_per_second = 10;
    restart();
  }

  /// Repeats what `make` returns for 1, 2, ... until GOAWAY; returns how often.
  template <class F>
  size_t until_calm(F make) {
    restart();
    for (uint32_t n = 1; n < 100'000; ++n) {
      auto code = doom_of(make(n));
      if (code >= 0) {
        CAF_CHECK_EQUAL(code, int{wire::enhance_your_calm});
        CAF_CHECK(server.failure().reason == errc::limit_exceeded);
        CAF_CHECK(server.finished());
        return n;
      }
    }
    return 0;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_abuse_tests, abuse_fixture)

  CAF_TEST(a bucket lets its burst pass and then its rate) {
    token_bucket bucket{10, 5};
    auto t = time_point{} + 1h;
    bucket.refill(t);
    CAF_CHECK_EQUAL(times([&] { return bucket.take(1); }), 10u);
    bucket.refill(t + 1s);
    CAF_CHECK_EQUAL(times([&] { return bucket.take(1); }), 5u);
    // Nothing is lost by looking often.
    for (int i = 1; i <= 1000; ++i)
      bucket.refill(t + 1s + i * 1ms);
    CAF_CHECK_EQUAL(times([&] { return bucket.take(1); }), 5u);
    bucket.refill(t + 1000h);
    CAF_CHECK_EQUAL(times([&] { return bucket.take(1); }), 10u);
    bucket.give(1'000'000);
    CAF_CHECK(!bucket.take(11));
    CAF_CHECK(bucket.take(10));
  }

  CAF_TEST(work gives back what control frames cost) {
    abuse_meter meter{limits2};
    meter.at(now);
    CAF_CHECK_EQUAL(times([&] {
                      meter.opened_stream();
                      return meter.received(head_of(frame_type::window_update, 4))
                             && meter.received(head_of(frame_type::rst_stream, 4));
                    }),
                    100'000u);
    CAF_CHECK_EQUAL(times([&] {
                      return meter.received(head_of(frame_type::data, 1))
                             && meter.received(head_of(frame_type::ping, 8));
                    }),
                    100'000u);
    CAF_CHECK_EQUAL(times([&] {
                      meter.sent_data(1, false);
                      return meter.received(head_of(frame_type::window_update, 4));
                    }),
                    100'000u);
  }

  CAF_TEST(windows that open by the octet are paid for) {
    abuse_meter meter{limits2};
    meter.at(now);
    CAF_CHECK_EQUAL(times([&] {
                      meter.sent_data(1, true);
                      return meter.received(head_of(frame_type::window_update, 4));
                    }),
                    100u);
  }

  CAF_TEST(padding does not make a frame useful) {
    abuse_meter meter{limits2};
    meter.at(now);
    CAF_CHECK_EQUAL(times([&] {
                      return meter.received(
                          head_of(frame_type::data, 1, frame_flag::padded));
                    }),
                    100u);
  }

  CAF_TEST(rapid resets end the connection) {
    auto reset = wire::number(wire::cancel);
    CAF_CHECK_EQUAL(until_calm([&](uint32_t n) {
                      return wire::request(2 * n - 1)
                             + wire::frame(wire::rst_stream, 0, 2 * n - 1, reset);
                    }),
                    21u);
    CAF_CHECK_EQUAL(at_server.of.size(), 21u);
    for (const auto& [id, x] : at_server.of) {
      CAF_CHECK_EQUAL(x.wholes, 1);
      CAF_CHECK_EQUAL(x.failures, 1);
    }
  }

  CAF_TEST(resets of answered streams cost nothing) {
    at_server.then = [this](int32_t id) { server.respond(id, response("x")); };
    auto reset = wire::number(wire::cancel);
    for (uint32_t id = 1; id < 1000; id += 2) {
      say(wire::request(id));
      CAF_REQUIRE_EQUAL(doom_of(wire::frame(wire::rst_stream, 0, id, reset)), -1);
    }
  }

  CAF_TEST(streams that the peer makes us reset count as its own resets) {
    CAF_CHECK_EQUAL(until_calm([](uint32_t n) {
                      // CVE-2025-8671: a WINDOW_UPDATE that overflows.
                      return wire::request(2 * n - 1)
                             + wire::frame(wire::window_update, 0, 2 * n - 1,
                                           wire::number(0x7fffffff));
                    }),
                    21u);
    CAF_CHECK_EQUAL(until_calm([](uint32_t n) {
                      return wire::head(2 * n - 1, {{":method", "GET"}});
                    }),
                    21u);
  }

  CAF_TEST(control frames end the connection at their budgets) {
    CAF_CHECK_EQUAL(
        until_calm([](uint32_t) { return wire::frame(wire::settings, 0, 0); }), 10u);
    CAF_CHECK_EQUAL(
        until_calm([](uint32_t) { return wire::frame(wire::ping, 0, 0, "12345678"); }),
        91u);
    CAF_CHECK_EQUAL(until_calm([](uint32_t) {
                      return wire::frame(wire::ping, wire::ack, 0, "12345678");
                    }),
                    91u);
    CAF_CHECK_EQUAL(until_calm([](uint32_t n) {
                      return wire::frame(wire::priority, 0, n, wire::number(0) + "x");
                    }),
                    91u);
    CAF_CHECK_EQUAL(until_calm([](uint32_t) {
                      return wire::frame(wire::window_update, 0, 0, wire::number(1));
                    }),
                    91u);
    CAF_CHECK_EQUAL(until_calm([](uint32_t) { return wire::frame(0xbe, 0, 0, "x"); }),
                    91u);
    CAF_CHECK_EQUAL(until_calm([](uint32_t n) {
                      return (n == 1 ? wire::request(1, 0) : "")
                             + wire::frame(wire::data, 0, 1);
                    }),
                    10u);
  }

  CAF_TEST(budgets fill again with time) {
    for (int second = 0; second < 20; ++second) {
      for (int i = 0; i < 10; ++i)
        CAF_REQUIRE_EQUAL(doom_of(wire::frame(wire::ping, 0, 0, "12345678")), -1);
      now += 1s;
    }
  }

  CAF_TEST(a field section in too many CONTINUATION frames ends the connection) {
    auto bytes = wire::frame(wire::headers, 0, 1, wire::block({{":method", "GET"}}));
    for (size_t i = 0; i <= limits2.continuations; ++i)
      bytes += wire::frame(wire::continuation, 0, 1, "");
    CAF_CHECK_EQUAL(doom_of(bytes), int{wire::enhance_your_calm});
    CAF_CHECK(at_server.of.empty());
  }

  CAF_TEST(a field section that HPACK blows up ends the connection) {
    // One entry of 4000 octets in the table, then a reference an octet.
    std::string value(4000, 'v');
    auto block = wire::block(
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}});
    block += "\x40\x01x\x7f"s + '\xa1' + '\x1e' + value;
    auto bomb = block + std::string(10'000, '\xbe');
    CAF_CHECK_EQUAL(doom_of(wire::frame(wire::headers, 5, 1, bomb)),
                    int{wire::enhance_your_calm});
    restart();
    // Below the factor it is one stream's 431.
    auto much = block + std::string(100, '\xbe');
    CAF_CHECK_EQUAL(doom_of(wire::frame(wire::headers, 5, 1, much)), -1);
    CAF_CHECK(at_server.of.empty());
    CAF_CHECK_EQUAL(doom_of(wire::request(3)), -1);
    CAF_CHECK_EQUAL(at_server.of[3].wholes, 1);
  }

  CAF_TEST(answers that the peer does not read are bounded) {
    limits2.unread_answers = 30;
    limits2.control_frames = 100'000;
    restart();
    // As long as the socket takes nothing, 64 KiB of frames are made ahead.
    std::string pings;
    for (int i = 0; i < 5000; ++i)
      pings += wire::frame(wire::ping, 0, 0, "12345678");
    server.receive(pings, now);
    CAF_CHECK(server.failure().reason == errc::limit_exceeded);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
