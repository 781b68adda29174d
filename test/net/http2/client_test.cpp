// A client against servers that behave badly, frame by frame.

#define CAF_SUITE http2_client

#include "pair.hpp"
#include "wire.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

std::string ok(uint32_t stream, uint8_t flags = 0) {
  return wire::head(stream, {{":status", "200"}}, flags);
}

struct client_fixture {
  client_fixture() {
    restart();
  }

  /// A new session that has sent `calls` whole requests and one in pieces.
  void restart(int calls = 2) {
    at_client = {};
    client = http2::client_session{limits, limits2, at_client};
    for (int i = 0; i < calls; ++i)
      CAF_REQUIRE(client.request(get("/"), "http"));
    auto id = client.open(post("/", ""), "http");
    CAF_REQUIRE(id);
    in_pieces = *id;
    client.receive(wire::frame(wire::settings, 0, 0)
                       + wire::frame(wire::settings, wire::ack, 0),
                   now);
    written(client);
  }

  std::vector<wire::frame_view> hear(std::string_view bytes) {
    client.receive(bytes, now);
    return wire::frames(written(client));
  }

  /// What became of stream 1; all streams but it are untouched.
  errc fate_of(std::string_view bytes, uint32_t code) {
    restart();
    auto frames = hear(bytes);
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 1).error(), code);
    CAF_CHECK_EQUAL(at_client.of[1].failures, 1);
    CAF_CHECK_EQUAL(at_client.of[1].wholes, 0);
    CAF_CHECK(!client.failure());
    hear(ok(3, wire::end_stream));
    CAF_CHECK_EQUAL(at_client.of[3].wholes, 1);
    return at_client.of[1].failure.reason;
  }

  /// Checks that all streams fail and the connection with them, at every slicing.
  void ruin(std::string_view bytes, uint32_t code) {
    for (size_t slice : {1u, 3u, 10u, 1'000'000u}) {
      restart();
      for (auto left = bytes; !left.empty();
           left.remove_prefix(std::min(slice, left.size())))
        client.receive(left.substr(0, slice), now);
      auto farewell = wire::first(wire::frames(written(client)), wire::goaway);
      CAF_CHECK_EQUAL(int{farewell.what}, int{wire::goaway});
      CAF_CHECK_EQUAL(farewell.error(), code);
      CAF_CHECK(client.finished());
      CAF_CHECK(client.closing());
      CAF_CHECK(static_cast<bool>(client.failure()));
      CAF_CHECK_EQUAL(client.capacity(), 0u);
      for (int32_t id : {1, 3, 5})
        CAF_CHECK_EQUAL(at_client.of[id].failures, 1);
      CAF_CHECK(!client.request(get("/"), "http"));
      client.receive(ok(1, wire::end_stream), now);
      CAF_CHECK(written(client).empty());
      CAF_CHECK_EQUAL(at_client.of[1].wholes, 0);
    }
  }

  http_limits limits;
  http2_limits limits2;
  time_point now = time_point{} + 1h;
  client_record at_client;
  http2::client_session client{limits, limits2, at_client};
  int32_t in_pieces = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_client_tests, client_fixture)

  CAF_TEST(interim responses are skipped) {
    hear(wire::head(1, {{":status", "103"}, {"x", "early"}}, 0)
         + wire::head(1, {{":status", "100"}}, 0)
         + wire::head(1, {{":status", "204"}}));
    CAF_CHECK_EQUAL(at_client.of[1].response.status, 204);
    CAF_CHECK(at_client.of[1].response.fields.empty());
    hear(wire::head(5, {{":status", "102"}}, 0) + ok(5)
         + wire::frame(wire::data, 0, 5, "x") + wire::head(5, {{"t", "u"}}));
    CAF_CHECK_EQUAL(at_client.of[5].heads, 1);
    CAF_CHECK_EQUAL(at_client.of[5].data, "x"s);
    CAF_CHECK_EQUAL(at_client.of[5].trailers.size(), 1u);
    CAF_CHECK_EQUAL(at_client.of[5].ends, 1);
  }

  CAF_TEST(malformed responses fail their stream alone) {
    auto broken = errc::protocol_error;
    uint32_t code = wire::protocol_error;
    CAF_CHECK(fate_of(wire::head(1, {{"x", "y"}}), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "2000"}}), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "abc"}}), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "101"}}), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "200"}, {"X", "y"}}), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "200"}, {":path", "/"}}), code)
              == broken);
    CAF_CHECK(
        fate_of(wire::head(1, {{":status", "200"}, {"connection", "close"}}), code)
        == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "200"}, {"x", "a\rb"}}), code)
              == broken);
    // Trailers without END_STREAM, interim with it, a length that does not fit.
    CAF_CHECK(fate_of(ok(1) + wire::head(1, {{"x", "y"}}, 0), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "100"}}), code) == broken);
    CAF_CHECK(fate_of(wire::head(1, {{":status", "200"}, {"content-length", "3"}}, 0)
                          + wire::frame(wire::data, wire::end_stream, 1, "xx"),
                      code)
              == broken);
  }

  CAF_TEST(connection errors fail everything with the right code) {
    ruin(wire::frame(wire::data, 0, 1, "x"), wire::protocol_error);
    ruin(wire::frame(wire::data, 0, 0, "x"), wire::protocol_error);
    ruin(wire::frame(wire::data, 0, 7, "x"), wire::protocol_error);
    ruin(ok(2), wire::protocol_error);
    ruin(ok(99), wire::protocol_error);
    ruin(wire::frame(wire::headers, 4, 1, "\xff\xff\xff\xff\xff"),
         wire::compression_error);
    ruin(wire::frame(wire::headers, 0, 1, "")
             + wire::frame(wire::ping, 0, 0, "12345678"),
         wire::protocol_error);
    ruin(wire::frame(wire::continuation, 4, 1, ""), wire::protocol_error);
    ruin(wire::frame(wire::ping, 0, 0, "1234567"), wire::frame_size_error);
    ruin(wire::frame(wire::ping, 0, 1, "12345678"), wire::protocol_error);
    ruin(wire::frame(wire::settings, 0, 0, "12345"), wire::frame_size_error);
    ruin(wire::frame(wire::settings, wire::ack, 0), wire::protocol_error);
    ruin(wire::frame(wire::settings, 0, 0, wire::number(2, 2) + wire::number(1)),
         wire::protocol_error);
    ruin(wire::frame(wire::settings, 0, 0,
                     wire::number(4, 2) + wire::number(0x80000000)),
         wire::flow_control_error);
    ruin(wire::frame(wire::settings, 0, 0, wire::number(5, 2) + wire::number(1)),
         wire::protocol_error);
    ruin(wire::frame(wire::window_update, 0, 0, wire::number(0)), wire::protocol_error);
    ruin(wire::frame(wire::window_update, 0, 0, wire::number(0x7fffffff)),
         wire::flow_control_error);
    ruin(wire::frame(wire::rst_stream, 0, 0, wire::number(0)), wire::protocol_error);
    ruin(wire::frame(wire::rst_stream, 0, 77, wire::number(0)), wire::protocol_error);
    ruin(wire::frame(wire::rst_stream, 0, 1, "abc"), wire::frame_size_error);
    ruin(wire::frame(wire::priority, 0, 1, wire::number(1) + "x"),
         wire::protocol_error);
    ruin(wire::frame(wire::push_promise, 4, 1,
                     wire::number(2)
                         + wire::block({{":method", "GET"},
                                        {":scheme", "http"},
                                        {":path", "/"},
                                        {":authority", "a"}})),
         wire::protocol_error);
    ruin(ok(1) + wire::frame(wire::data, 0, 1, std::string(65'537, 'x')),
         wire::frame_size_error);
    ruin(wire::frame(wire::goaway, 0, 3, wire::number(0) + wire::number(0)),
         wire::protocol_error);
    ruin(wire::frame(wire::window_update, 0, 1, wire::number(0)), wire::protocol_error);
  }

  CAF_TEST(a server that does not begin with SETTINGS is refused) {
    client = http2::client_session{limits, limits2, at_client};
    CAF_REQUIRE(client.request(get("/"), "http"));
    written(client);
    auto frames = hear("HTTP/1.1 400 Bad Request\r\n\r\n");
    CAF_CHECK_EQUAL(int{wire::first(frames, wire::goaway).what}, int{wire::goaway});
    CAF_CHECK(at_client.of[1].failure.reason == errc::protocol_error);
    CAF_CHECK(client.finished());
  }

  CAF_TEST(data beyond the windows is a flow control error) {
    limits2.stream_window_bytes = 20'000;
    limits2.connection_window_bytes = 70'000;
    auto data = [](uint32_t id) {
      return wire::frame(wire::data, 0, id, std::string(10'000, 'x'));
    };
    restart();
    auto frames = hear(ok(5) + data(5) + data(5) + data(5));
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 5).error(),
                    uint32_t{wire::flow_control_error});
    CAF_CHECK(at_client.of[5].failure.reason == errc::protocol_error);
    limits2.stream_window_bytes = 1'000'000;
    auto all = ok(5);
    for (int i = 0; i < 8; ++i)
      all += data(5);
    restart();
    frames = hear(all);
    CAF_CHECK_EQUAL(wire::first(frames, wire::goaway).error(),
                    uint32_t{wire::flow_control_error});
  }

  CAF_TEST(resets say whether the request was looked at) {
    auto reset = [this](uint32_t code) {
      restart();
      hear(wire::frame(wire::rst_stream, 0, 1, wire::number(code)));
      CAF_CHECK_EQUAL(at_client.of[1].failures, 1);
      CAF_CHECK(!client.failure());
      return at_client.of[1].failure.reason;
    };
    CAF_CHECK(reset(wire::refused_stream) == errc::connection_failed);
    CAF_CHECK(reset(wire::cancel) == errc::cancelled);
    CAF_CHECK(reset(wire::enhance_your_calm) == errc::limit_exceeded);
    CAF_CHECK(reset(wire::internal_error) == errc::connection_lost);
    CAF_CHECK(reset(wire::protocol_error) == errc::protocol_error);
    CAF_CHECK(reset(wire::no_error) == errc::protocol_error);
    CAF_CHECK(reset(0xdeadbeef) == errc::protocol_error);
  }

  CAF_TEST(a reset behind a complete response is no failure) {
    hear(ok(5) + wire::frame(wire::data, wire::end_stream, 5, "x")
         + wire::frame(wire::rst_stream, 0, 5, wire::number(0)));
    CAF_CHECK_EQUAL(at_client.of[5].ends, 1);
    CAF_CHECK_EQUAL(at_client.of[5].failures, 0);
    CAF_CHECK_EQUAL(client.open_streams(), 2u);
    client.data(5, "late");
    client.end(5);
    CAF_CHECK(written(client).empty());
  }

  CAF_TEST(GOAWAY tells what may be repeated) {
    auto goaway = wire::number(1) + wire::number(wire::enhance_your_calm) + "too\nmany";
    hear(wire::frame(wire::goaway, 0, 0, goaway));
    CAF_CHECK(at_client.of[3].failure.reason == errc::connection_failed);
    CAF_CHECK(at_client.of[5].failure.reason == errc::connection_failed);
    CAF_CHECK_EQUAL(at_client.of[1].failures, 0);
    CAF_CHECK(client.closing() && !client.finished());
    client.receive_eof();
    CAF_CHECK(at_client.of[1].failure.reason == errc::connection_lost);
    CAF_CHECK(at_client.of[1].failure.detail.find("too?many") != std::string::npos);
    CAF_CHECK(client.finished());
  }

  CAF_TEST(two GOAWAYs end a connection when its streams have) {
    hear(wire::frame(wire::goaway, 0, 0, wire::number(0x7fffffff) + wire::number(0)));
    CAF_CHECK_EQUAL(client.open_streams(), 3u);
    CAF_CHECK(!client.request(get("/"), "http"));
    hear(wire::frame(wire::goaway, 0, 0, wire::number(3) + wire::number(0)));
    CAF_CHECK(at_client.of[5].failure.reason == errc::connection_failed);
    hear(ok(1, wire::end_stream) + ok(3, wire::end_stream));
    CAF_CHECK_EQUAL(at_client.of[1].wholes + at_client.of[3].wholes, 2);
    CAF_CHECK(client.finished());
    CAF_CHECK(!client.failure());
  }

  CAF_TEST(requests wait while the peer allows no more streams) {
    restart(0);
    hear(wire::frame(wire::settings, 0, 0, wire::number(3, 2) + wire::number(2)));
    CAF_CHECK_EQUAL(client.capacity(), 1u);
    auto a = client.request(get("/a"), "http");
    auto b = client.request(get("/b"), "http");
    CAF_REQUIRE(a && b);
    CAF_CHECK_EQUAL(client.capacity(), 0u);
    CAF_CHECK_EQUAL(wire::count(wire::frames(written(client)), wire::headers), 1u);
    auto before = at_client.capacities;
    auto frames = hear(ok(static_cast<uint32_t>(*a), wire::end_stream));
    CAF_CHECK_EQUAL(wire::count(frames, wire::headers), 1u);
    CAF_CHECK_EQUAL(at_client.capacities, before);
    hear(ok(static_cast<uint32_t>(*b), wire::end_stream));
    CAF_CHECK_EQUAL(at_client.capacities, before + 1);
    // What never left can be repeated.
    auto c = client.request(get("/c"), "http");
    auto d = client.request(get("/d"), "http");
    CAF_REQUIRE(c && d);
    written(client);
    hear(wire::frame(wire::goaway, 0, 0, wire::number(99) + wire::number(0)));
    CAF_CHECK_EQUAL(at_client.of[*c].failures, 0);
    CAF_CHECK(at_client.of[*d].failure.reason == errc::connection_failed);
  }

  CAF_TEST(floods of a server end the connection) {
    std::string bytes;
    for (int i = 0; i < 200; ++i)
      bytes += wire::frame(wire::settings, 0, 0);
    ruin(bytes, wire::enhance_your_calm);
    bytes = ok(5);
    for (int i = 0; i < 200; ++i)
      bytes += wire::frame(wire::data, 0, 5);
    ruin(bytes, wire::enhance_your_calm);
  }

  CAF_TEST(a silent server is asked while a call waits) {
    limits2.ping_timeout = 5s;
    restart(1);
    CAF_CHECK(client.due() == now + limits2.ping_time);
    now += limits2.ping_time;
    client.expire(now);
    CAF_CHECK_EQUAL(wire::count(wire::frames(written(client)), wire::ping), 1u);
    now += 5s;
    client.expire(now);
    CAF_CHECK(at_client.of[1].failure.reason == errc::connection_lost);
    restart(0);
    client.reset(1, reset_reason::cancel);
    written(client);
    CAF_CHECK(client.due() == time_point::max());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
