// Deadlines, keep-alive and draining, by a clock that stands still.

#define CAF_SUITE http2_time

#include "server_fixture.hpp"

#include "http2/keep_alive.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http2;
using namespace mica::test;

namespace {

struct time_fixture : server_fixture {
  /// Lets the time come that the session waits for; returns what it writes then.
  std::vector<wire::frame_view> at_due() {
    now = server.due();
    server.expire(now);
    return wire::frames(written(server));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_time_tests, time_fixture)

  CAF_TEST(a peer that says nothing is given up) {
    server = server_session{limits, limits2, at_server};
    CAF_CHECK(server.due() <= now);
    server.expire(now);
    written(server);
    CAF_CHECK(server.due() == now + limits.header_time);
    server.expire(server.due() - 1ms);
    CAF_CHECK(!server.failure());
    auto farewell = wire::first(at_due(), wire::goaway);
    CAF_CHECK_EQUAL(farewell.error(), uint32_t{wire::protocol_error});
    CAF_CHECK(server.finished());
    CAF_CHECK(server.due() == time_point::max());
  }

  CAF_TEST(SETTINGS must be acknowledged in time) {
    server = server_session{limits, limits2, at_server};
    say(wire::hello());
    CAF_CHECK(server.due() == now + limits2.settings_time);
    auto farewell = wire::first(at_due(), wire::goaway);
    CAF_CHECK_EQUAL(farewell.error(), uint32_t{wire::settings_timeout});
    CAF_CHECK(server.failure().reason == errc::timeout);
  }

  CAF_TEST(a silent peer is asked and then given up) {
    CAF_CHECK(server.due() == now + limits2.ping_time);
    say(wire::request(1));
    CAF_CHECK_EQUAL(wire::count(at_due(), wire::ping), 1u);
    CAF_CHECK(server.due() == now + limits2.ping_timeout);
    server.expire(server.due());
    CAF_CHECK(server.failure().reason == errc::connection_lost);
    CAF_CHECK_EQUAL(at_server.of[1].failures, 1);
    written(server);
    CAF_CHECK(server.finished());
  }

  CAF_TEST(any byte keeps a connection and an answer alone doubles the time) {
    auto ping = wire::first(at_due(), wire::ping);
    now += 5s;
    say(wire::frame(wire::ping, wire::ack, 0, ping.payload));
    CAF_CHECK(server.due() == now + 2 * limits2.ping_time);
    for (int factor : {4, 8, 8}) {
      at_due();
      say(wire::frame(wire::ping, wire::ack, 0, ping.payload));
      CAF_CHECK(server.due() == now + factor * limits2.ping_time);
    }
    say(wire::frame(wire::window_update, 0, 0, wire::number(100)));
    CAF_CHECK(server.due() == now + limits2.ping_time);
    at_due();
    now += 1s;
    say(wire::frame(wire::window_update, 0, 0, wire::number(100)));
    CAF_CHECK(server.due() == now + limits2.ping_time);
  }

  CAF_TEST(keep_alive asks only while somebody would miss the peer) {
    keep_alive watch{limits2};
    CAF_CHECK(watch.due(true) == time_point::max());
    watch.on_received(now);
    CAF_CHECK(watch.due(false) == time_point::max());
    CAF_CHECK(watch.expire(now + 1h, false) == keep_alive::action::none);
    CAF_CHECK(watch.expire(now + 1h, true) == keep_alive::action::ping);
    CAF_CHECK(watch.due(false) == now + 1h + limits2.ping_timeout);
    CAF_CHECK(watch.expire(now + 2h, false) == keep_alive::action::give_up);
    limits2.ping_time = 0ms;
    keep_alive never{limits2};
    never.on_received(now);
    CAF_CHECK(never.due(true) == time_point::max());
  }

  CAF_TEST(a body that does not arrive is answered 408) {
    say(wire::request(1, 0) + wire::frame(wire::data, 0, 1, "x"));
    say(wire::request(3, 0));
    now += 20s;
    say(wire::frame(wire::data, 0, 1, "x"));
    auto frames = at_due();
    CAF_CHECK(now == time_point{} + 1h + limits.body_time);
    CAF_CHECK_EQUAL(wire::first(frames, wire::headers, 3).what, wire::headers);
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 3).error(),
                    uint32_t{wire::no_error});
    CAF_CHECK_EQUAL(wire::count(frames, wire::headers), 1u);
    frames = at_due();
    CAF_CHECK(now == time_point{} + 1h + 20s + limits.body_time);
    CAF_CHECK_EQUAL(wire::first(frames, wire::headers, 1).what, wire::headers);
    CAF_CHECK(at_server.of.empty());
    CAF_CHECK(!server.failure());
  }

  CAF_TEST(an answer that the peer takes none of is given up) {
    say(wire::request(1));
    server.respond(1, response(std::string(100'000, 'x')));
    // The initial window of RFC 9113, 6.9.2.
    CAF_CHECK_EQUAL(written(server).size() > 65'535, true);
    now += 20s;
    say(wire::frame(wire::window_update, 0, 1, wire::number(10))
        + wire::frame(wire::window_update, 0, 0, wire::number(10)));
    // The first look finds it waiting, the second finds it waiting still.
    auto frames = at_due();
    CAF_CHECK(wire::first(frames, wire::rst_stream, 1).what == 255);
    CAF_CHECK(now == time_point{} + 1h + limits.write_time);
    say(wire::frame(wire::window_update, 0, 1, wire::number(10))
        + wire::frame(wire::window_update, 0, 0, wire::number(10)));
    frames = at_due();
    CAF_CHECK(wire::first(frames, wire::rst_stream, 1).what == 255);
    frames = at_due();
    CAF_CHECK(now == time_point{} + 1h + 3 * limits.write_time);
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 1).error(),
                    uint32_t{wire::enhance_your_calm});
    CAF_CHECK(server.idle());
  }

  CAF_TEST(a stream whose consumer sleeps is given up much later) {
    limits2.ping_time = 0ms;
    restart();
    say(wire::request(1, 0, "/pieces"));
    server.head(1, {});
    server.data(1, std::string(100'000, 'x'));
    server.end(1, {});
    written(server);
    CAF_CHECK(at_due().empty());
    auto frames = at_due();
    CAF_CHECK(now == time_point{} + 1h + 2 * limits2.stall_time);
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 1).error(),
                    uint32_t{wire::enhance_your_calm});
  }

  CAF_TEST(an answer long after the last byte is not late) {
    limits2.ping_time = 0ms;
    restart();
    say(wire::frame(wire::settings, 0, 0, wire::number(4, 2) + wire::number(0))
        + wire::request(1));
    now += 59s;
    server.respond(1, response("x"));
    written(server);
    server.expire(now);
    CAF_CHECK_EQUAL(wire::count(wire::frames(written(server)), wire::rst_stream), 0u);
    CAF_CHECK_EQUAL(wire::count(at_due(), wire::rst_stream), 1u);
    CAF_CHECK(now == time_point{} + 1h + 59s + limits.write_time);
  }

  CAF_TEST(half a frame is given up and half of DATA is not) {
    auto whole = wire::request(1, 0, "/pieces");
    say(whole.substr(0, 20));
    now += 5s;
    say(whole.substr(20, 1));
    CAF_CHECK(server.due() == time_point{} + 1h + limits.header_time);
    auto farewell = wire::first(at_due(), wire::goaway);
    CAF_CHECK_EQUAL(farewell.error(), uint32_t{wire::enhance_your_calm});
    now = time_point{} + 1h;
    restart();
    auto block = wire::block({{":method", "GET"}});
    say(wire::frame(wire::headers, 1, 1, block));
    now += 5s;
    say(wire::frame(wire::continuation, 0, 1, block));
    CAF_CHECK(server.due() == time_point{} + 1h + limits.header_time);
    restart();
    say(whole + wire::frame(wire::data, 0, 1, "hello").substr(0, 12));
    CAF_CHECK(server.due() == now + limits2.ping_time);
  }

  CAF_TEST(draining says first that it will and then up to where) {
    say(wire::request(1));
    server.drain();
    auto frames = wire::frames(written(server));
    CAF_CHECK_EQUAL(wire::first(frames, wire::goaway).value(0), 0x7fffffffu);
    auto ping = wire::first(frames, wire::ping);
    CAF_REQUIRE_EQUAL(int{ping.what}, int{wire::ping});
    // Under way when the peer had not read it.
    frames =
        say(wire::request(3) + wire::frame(wire::ping, wire::ack, 0, ping.payload));
    CAF_CHECK_EQUAL(at_server.of[3].wholes, 1);
    CAF_CHECK_EQUAL(wire::first(frames, wire::goaway).value(0), 3u);
    // What comes now is for another connection.
    frames = say(wire::request(5) + wire::frame(wire::data, 1, 5, "x"));
    CAF_CHECK(frames.empty());
    CAF_CHECK_EQUAL(at_server.of.size(), 2u);
    server.respond(1, response("x"));
    server.respond(3, response("x"));
    CAF_CHECK(!server.finished());
    written(server);
    CAF_CHECK(server.finished());
    CAF_CHECK(!server.failure());
  }

  CAF_TEST(draining does not wait for a peer that does not answer) {
    // Long after the last byte; the time is not known before it is told.
    now += 30s;
    server.drain();
    written(server);
    CAF_CHECK(server.due() <= now);
    server.expire(now);
    CAF_CHECK(server.due() == now + limits.drain_idle_time);
    auto frames = at_due();
    CAF_CHECK_EQUAL(wire::count(frames, wire::goaway), 1u);
    CAF_CHECK(server.finished());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
