// Every limit of messages holds at its bound and ends one stream beyond it.

#define CAF_SUITE http2_limits

#include "server_fixture.hpp"

#include "mica/codecs/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

struct limits_fixture : limited_pair {
  limits_fixture() {
    limits.header_bytes = 400;
    limits.header_fields = 8;
    limits.body_bytes = 1000;
    limits.start_line_bytes = 50;
    restart();
  }

  /// Sends and returns what comes back; the handler answers with the body.
  told exchange(http_request what) {
    at_server.then = [this](int32_t id) {
      server.respond(id, response(at_server.of[id].request.body));
    };
    auto id = send(std::move(what));
    run();
    CAF_CHECK(!server.failure() && !client.failure());
    CAF_CHECK_EQUAL(server.open_streams() + client.open_streams(), 0u);
    return at_client.of[id];
  }

  int status_of(http_request what) {
    return exchange(std::move(what)).response.status;
  }

  static http_request with_fields(size_t count, size_t bytes) {
    auto result = get("/");
    for (size_t i = 0; i < count; ++i)
      result.fields.add("x", std::string(bytes, 'v'));
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_limits_tests, limits_fixture)

  CAF_TEST(fields beyond the limits are answered 431) {
    // Four pseudo-header fields.
    CAF_CHECK_EQUAL(status_of(with_fields(4, 1)), 200);
    CAF_CHECK_EQUAL(status_of(with_fields(5, 1)), 431);
    // 42 + 43 + 38 + 51 octets of those by RFC 9113, 6.5.2, and 33 of the fifth's own.
    CAF_CHECK_EQUAL(status_of(with_fields(1, 400 - 42 - 43 - 38 - 51 - 33)), 200);
    CAF_CHECK_EQUAL(status_of(with_fields(1, 400 - 42 - 43 - 38 - 51 - 32)), 431);
    CAF_CHECK_EQUAL(at_server.of.size(), 2u);
  }

  CAF_TEST(a target beyond the limit is answered 414) {
    CAF_CHECK_EQUAL(status_of(get("/" + std::string(49, 'x'))), 200);
    CAF_CHECK_EQUAL(status_of(get("/" + std::string(50, 'x'))), 414);
  }

  CAF_TEST(a body beyond the limit is answered 413) {
    CAF_CHECK_EQUAL(status_of(post("/", std::string(1000, 'x'))), 200);
    auto refused = exchange(post("/", std::string(1001, 'x')));
    CAF_CHECK_EQUAL(refused.response.status, 413);
    CAF_CHECK_EQUAL(parse_error(refused.response.body).code, 413);
    CAF_CHECK_EQUAL(at_server.of.size(), 1u);
    // Without Content-Length the byte that is too much decides.
    auto streamed = post("/", std::string(1001, 'x'));
    streamed.trailers.add("x", "y");
    CAF_CHECK_EQUAL(status_of(std::move(streamed)), 413);
  }

  CAF_TEST(gRPC is refused in its own words) {
    auto request = post("/g.G/Call", std::string(1001, 'x'));
    request.fields.add("content-type", "application/grpc+proto");
    auto refused = exchange(std::move(request)).response;
    CAF_CHECK_EQUAL(refused.status, 200);
    CAF_CHECK(refused.body.empty());
    CAF_CHECK_EQUAL(std::string{refused.fields.get_or("content-type", "")},
                    "application/grpc+proto"s);
    CAF_CHECK_EQUAL(std::string{refused.fields.get_or("grpc-status", "")}, "8"s);
    CAF_CHECK(refused.fields.get_or("grpc-message", "").find("1000")
              != std::string_view::npos);
  }

  CAF_TEST(bodies in pieces have no limit but the window) {
    auto id = open(post("/pieces", ""));
    client.data(id, std::string(5000, 'x'));
    client.end(id);
    run();
    CAF_CHECK_EQUAL(at_server.of[id].data.size(), 5000u);
    CAF_CHECK_EQUAL(at_server.of[id].ends, 1);
  }

  CAF_TEST(responses beyond the limits fail the call alone) {
    auto failed = [this](http_response&& answer) {
      auto id = send(get("/"));
      run();
      server.respond(id, std::move(answer));
      run();
      CAF_CHECK_EQUAL(at_client.of[id].wholes, 0);
      CAF_CHECK_EQUAL(at_client.of[id].failures, 1);
      CAF_CHECK(!client.failure() && !client.closing());
      CAF_CHECK_EQUAL(server.open_streams() + client.open_streams(), 0u);
      return at_client.of[id].failure.reason;
    };
    CAF_CHECK(failed(response(std::string(1001, 'x'))) == errc::limit_exceeded);
    auto much = response("x");
    much.fields.add("x", std::string(400, 'v'));
    CAF_CHECK(failed(std::move(much)) == errc::limit_exceeded);
    much = response("x");
    much.trailers.add("x", std::string(400, 'v'));
    CAF_CHECK(failed(std::move(much)) == errc::limit_exceeded);
  }

  CAF_TEST(bodies under way are bounded in sum) {
    limits.body_bytes = 1'000'000;
    limits2.collected_bytes = 10'000;
    restart();
    std::vector<int32_t> ids;
    for (int i = 0; i < 3; ++i) {
      ids.push_back(open(post("/whole", "")));
      client.data(ids.back(), std::string(4000, 'x'));
      run();
    }
    CAF_CHECK_EQUAL(at_client.of[ids[0]].failures + at_client.of[ids[1]].failures, 0);
    CAF_CHECK(at_client.of[ids[2]].failure.reason == errc::limit_exceeded);
    client.end(ids[0]);
    run();
    CAF_CHECK_EQUAL(at_server.of[ids[0]].request.body.size(), 4000u);
    // What was told is the handler's.
    auto again = open(post("/whole", ""));
    client.data(again, std::string(4000, 'x'));
    client.end(again);
    run();
    CAF_CHECK_EQUAL(at_server.of[again].wholes, 1);
  }

  CAF_TEST(bytes of streams that are gone do not shut the window of all) {
    limits2.connection_window_bytes = 65'535;
    limits2.stream_window_bytes = 65'535;
    limits2.stall_time = 1h;
    restart();
    for (int i = 0; i < 20; ++i) {
      auto id = open(post("/pieces", ""));
      client.data(id, std::string(20'000, 'x'));
      run();
      CAF_REQUIRE_EQUAL(at_server.of[id].data.size(), 20'000u);
      if (i % 2 == 0)
        server.reset(id, reset_reason::cancel);
      else
        client.reset(id, reset_reason::cancel);
      run();
    }
    CAF_CHECK_EQUAL(server.open_streams(), 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST_FIXTURE_SCOPE(http2_window_tests, server_fixture)

    CAF_TEST(the window of a body that is collected opens for all that it announces) {
      auto opened_by = [this](wire::fields list, const std::string& begin) {
        restart();
        say(wire::head(1, list, 0));
        auto frames =
            say(wire::frame(wire::data, 0, 1, begin + std::string(16'000, 'x')));
        auto update = wire::first(frames, wire::window_update, 1);
        auto result = update.what == wire::window_update ? update.value(0) : 0;
        // Once.
        CAF_CHECK(say(wire::frame(wire::data, 0, 1, std::string(16'384, 'x'))).empty());
        return result;
      };
      auto mebibyte = uint32_t{1} << 20;
      auto window = static_cast<uint32_t>(limits2.stream_window_bytes);
      wire::fields grpc{{":method", "POST"},
                        {":scheme", "http"},
                        {":path", "/"},
                        {":authority", "a"},
                        {"content-type", "application/grpc"}};
      CAF_CHECK_EQUAL(opened_by(grpc, "\0\0\x10\0\0x"s), mebibyte + 5 - window);
      CAF_CHECK_EQUAL(opened_by(grpc, "\0\0\0\x10\0x"s), 0u);
      // No further than what may be sent at all.
      limits2.connection_window_bytes = 2 * mebibyte;
      CAF_CHECK_EQUAL(opened_by(grpc, "\0\xff\xff\xff\xffx"s), 2 * mebibyte - window);
      CAF_CHECK_EQUAL(opened_by({{":method", "POST"},
                                 {":scheme", "http"},
                                 {":path", "/"},
                                 {":authority", "a"},
                                 {"content-length", "1048576"}},
                                "x"),
                      mebibyte - window);
    }

    CAF_TEST_FIXTURE_SCOPE_END()
