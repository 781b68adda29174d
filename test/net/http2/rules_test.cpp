// What RFC 9113 says of messages, and what the limits say.

#define CAF_SUITE http2_rules

#include "server_fixture.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

struct rules_fixture : server_fixture {
  const told& sole(uint32_t id = 1) {
    return at_server.of[static_cast<int32_t>(id)];
  }

  std::string field(const char* name) {
    return std::string{sole().request.fields.get_or(name, "(none)")};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_rules_tests, rules_fixture)

  CAF_TEST(authority becomes Host and prevails over it) {
    say(wire::head(1, {{":method", "GET"},
                       {":scheme", "http"},
                       {":path", "/"},
                       {":authority", "a:1"},
                       {"host", "b"}}));
    CAF_CHECK_EQUAL(field("host"), "a:1"s);
    CAF_CHECK_EQUAL(sole().request.fields.size(), 1u);
    say(wire::head(
        3, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "b"}}));
    CAF_CHECK_EQUAL(std::string{sole(3).request.fields.get_or("host", "")}, "b"s);
  }

  CAF_TEST(cookies are joined and fields of the connection stay behind) {
    say(wire::head(1, {{":method", "GET"},
                       {":scheme", "http"},
                       {":path", "/"},
                       {":authority", "a"},
                       {"cookie", "x=1"},
                       {"te", "trailers"},
                       {"content-length", "0"},
                       {"cookie", "y=2"},
                       {"accept", "a"},
                       {"accept", "b"}}));
    CAF_CHECK_EQUAL(field("cookie"), "x=1; y=2"s);
    // Host, cookie, accept twice.
    CAF_CHECK_EQUAL(sole().request.fields.size(), 4u);
  }

  CAF_TEST(malformed requests are reset and never told) {
    const std::pair<std::string_view, std::string_view> method{":method", "GET"},
        scheme{":scheme", "http"}, path{":path", "/"}, authority{":authority", "a"};
    auto malformed = [this](wire::fields list) {
      restart();
      CAF_CHECK_EQUAL(reset_of(1, wire::head(1, list)), int{wire::protocol_error});
      CAF_CHECK(at_server.of.empty());
      CAF_CHECK_EQUAL(doom_of(wire::request(3)), -1);
      CAF_CHECK_EQUAL(at_server.of.size(), 1u);
    };
    malformed({method, scheme, path, authority, {"Accept", "a"}});
    malformed({method, scheme, path, authority, {"connection", "close"}});
    malformed({method, scheme, path, authority, {"transfer-encoding", "chunked"}});
    malformed({method, scheme, path, authority, {"te", "gzip"}});
    malformed({method, scheme, path, authority, {"x", "a\nb"}});
    malformed({method, scheme, path, authority, {"x", " a"}});
    malformed({method, scheme, path, authority, {"x y", "a"}});
    malformed({method, scheme, path, authority, {":status", "200"}});
    malformed({method, scheme, path, authority, {"x", "y"}, path});
    malformed({method, scheme, path, path, authority});
    malformed({scheme, path, authority});
    malformed({method, path, authority});
    malformed({method, scheme, authority});
    malformed({method, scheme, path});
    malformed({method, scheme, {":path", ""}, authority});
    malformed({method, scheme, {":path", "a b"}, authority});
    malformed({method, scheme, path, authority, {"content-length", "1"}});
  }

  CAF_TEST(CONNECT is answered 501) {
    auto frames =
        say(wire::head(1, {{":method", "CONNECT"}, {":authority", "a:1"}}, 0));
    CAF_CHECK(at_server.of.empty());
    CAF_CHECK_EQUAL(wire::count(frames, wire::headers), 1u);
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 1).error(),
                    uint32_t{wire::no_error});
  }

  CAF_TEST(trailers are given and end the request) {
    say(wire::request(1, 0) + wire::frame(wire::data, 0, 1, "x")
        + wire::head(1, {{"checksum", "7"}, {"te", "trailers"}}));
    CAF_CHECK_EQUAL(sole().request.body, "x"s);
    CAF_CHECK_EQUAL(sole().request.trailers.size(), 1u);
    CAF_CHECK(sole().request.trailers.contains("checksum"));
    // RFC 9113, 8.1: without END_STREAM the message is malformed.
    CAF_CHECK_EQUAL(reset_of(3, wire::request(3, 0) + wire::head(3, {{"x", "y"}}, 0)),
                    int{wire::protocol_error});
  }

  CAF_TEST(expectations are answered while the body is awaited) {
    auto with = [](uint32_t id, uint8_t flags) {
      return wire::head(id,
                        {{":method", "POST"},
                         {":scheme", "http"},
                         {":path", "/"},
                         {":authority", "a"},
                         {"expect", "100-continue"}},
                        flags);
    };
    auto frames = say(with(1, 0));
    CAF_CHECK_EQUAL(wire::count(frames, wire::headers), 1u);
    say(wire::frame(wire::data, wire::end_stream, 1, "x"));
    CAF_CHECK_EQUAL(sole().request.body, "x"s);
    CAF_CHECK_EQUAL(field("expect"), "(none)"s);
    CAF_CHECK(say(with(3, wire::end_stream)).empty());
    server.respond(1, response("y"));
    CAF_CHECK_EQUAL(wire::count(wire::frames(written(server)), wire::data), 1u);
  }

  CAF_TEST(answers to HEAD and of 204 have no body) {
    say(wire::head(1, {{":method", "HEAD"},
                       {":scheme", "http"},
                       {":path", "/"},
                       {":authority", "a"}})
        + wire::request(3));
    server.respond(1, response("unseen"));
    server.respond(3, response("unseen", 204));
    auto frames = wire::frames(written(server));
    CAF_CHECK_EQUAL(frames.size(), 2u);
    for (const auto& x : frames)
      CAF_CHECK_EQUAL(int{x.flags}, wire::end_headers | wire::end_stream);
  }

  CAF_TEST(fields are written in lower case and nothing can be smuggled in) {
    limited_pair pair;
    auto id = pair.send(get("/"));
    pair.run();
    auto answer = response("");
    answer.fields.add("X-Upper", " a\r\nb\t ");
    answer.fields.add("bad name", "x");
    answer.fields.add(":status", "x");
    answer.fields.add("Upgrade", "x");
    answer.fields.add("Content-Length", "99");
    pair.server.respond(id, std::move(answer));
    pair.run();
    const auto& got = pair.at_client.of[id].response;
    metadata expected{{"x-upper", "a  b"}};
    CAF_CHECK(got.fields == expected);
    CAF_CHECK_EQUAL(std::string{got.fields.at(0).name}, "x-upper"s);
  }

  CAF_TEST(what is no request is not sent) {
    limited_pair pair;
    for (const auto* target : {"", "x", "/a b", "/a#b", "/\n"}) {
      auto sent = pair.client.request(get(target), "http");
      CAF_REQUIRE(!sent);
      CAF_CHECK(sent.error().reason == errc::invalid_argument);
    }
    auto request = get("/");
    request.method = "G T";
    CAF_CHECK(!pair.client.request(http_request{request}, "http"));
    request.method = "GET";
    request.fields.set("Host", "a b");
    CAF_CHECK(!pair.client.request(http_request{request}, "http"));
    request.fields.erase("Host");
    CAF_CHECK(!pair.client.request(http_request{request}, "http"));
    pair.send(get("/"));
    pair.run();
    CAF_CHECK_EQUAL(pair.at_server.of.size(), 1u);
  }

  CAF_TEST(frames for closed streams are errors but for those that we closed) {
    CAF_CHECK_EQUAL(doom_of(wire::request(5) + wire::request(3)),
                    int{wire::protocol_error});
    restart();
    CAF_CHECK_EQUAL(doom_of(wire::request(1) + wire::frame(wire::data, 0, 1, "x")),
                    int{wire::stream_closed});
    restart();
    say(wire::request(1));
    server.respond(1, response("x"));
    written(server);
    CAF_CHECK_EQUAL(doom_of(wire::request(1)), int{wire::stream_closed});
    restart();
    auto reset = wire::frame(wire::rst_stream, 0, 1, wire::number(wire::cancel));
    CAF_CHECK_EQUAL(
        doom_of(wire::request(1, 0) + reset + wire::frame(wire::data, 0, 1, "x")),
        int{wire::stream_closed});
    restart();
    say(wire::request(1, 0));
    server.reset(1, reset_reason::cancel);
    written(server);
    CAF_CHECK_EQUAL(
        doom_of(wire::frame(wire::data, 0, 1, "x") + wire::head(1, {{"x", "y"}})), -1);
  }

  CAF_TEST(streams beyond the limit are refused or end the connection) {
    limits2.concurrent_streams = 2;
    at_server.of.clear();
    server = http2::server_session{limits, limits2, at_server};
    // Our SETTINGS are not acknowledged yet.
    auto frames = say(wire::hello() + wire::request(1) + wire::request(3)
                      + wire::request(5, 0) + wire::frame(wire::data, 1, 5, "late"));
    CAF_CHECK_EQUAL(wire::first(frames, wire::rst_stream, 5).error(),
                    uint32_t{wire::refused_stream});
    CAF_CHECK_EQUAL(at_server.of.size(), 2u);
    CAF_CHECK_EQUAL(wire::count(frames, wire::goaway), 0u);
    say(wire::frame(wire::settings, wire::ack, 0));
    CAF_CHECK_EQUAL(doom_of(wire::request(7)), int{wire::protocol_error});
  }

  CAF_TEST(a client that leaves with a wrong number is no failure unless it has streams) {
    const auto farewell =
        wire::frame(wire::goaway, 0, 0, wire::number(1) + wire::number(wire::no_error));
    say(wire::request(1));
    server.reset(1, reset_reason::cancel);
    written(server);
    CAF_CHECK_EQUAL(doom_of(farewell), int{wire::protocol_error});
    CAF_CHECK(server.finished());
    CAF_CHECK(!server.failure());

    restart();
    say(wire::request(1));
    CAF_CHECK_EQUAL(doom_of(farewell), int{wire::protocol_error});
    CAF_CHECK(server.failure().reason == errc::protocol_error);
  }

  CAF_TEST(a connection must begin with the preface) {
    server = http2::server_session{limits, limits2, at_server};
    CAF_CHECK_EQUAL(doom_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                    int{wire::protocol_error});
    CAF_CHECK(server.finished());
    CAF_CHECK(server.failure().reason == errc::protocol_error);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
