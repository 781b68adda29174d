#define CAF_SUITE http2_upgrade

#include "server_fixture.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

http_request first_request(const std::string& method = "GET") {
  http_request result;
  result.method = method;
  result.target = "/first";
  result.fields.add("Host", "a");
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_upgrade_tests, server_fixture)

  CAF_TEST(the request of an upgrade is stream 1) {
    server = http2::server_session{limits, limits2, at_server};
    // SETTINGS_MAX_CONCURRENT_STREAMS 100, SETTINGS_INITIAL_WINDOW_SIZE 10.
    CAF_REQUIRE(server.upgrade("AAMAAABkAAQAAAAK", first_request()));
    CAF_CHECK_EQUAL(at_server.of[1].request.target, "/first"s);
    CAF_CHECK_EQUAL(at_server.of[1].request.major_version, 2);
    CAF_CHECK_EQUAL(server.open_streams(), 1u);
    server.respond(1, response("twelve bytes"));
    auto frames = wire::frames(written(server));
    CAF_CHECK_EQUAL(int{frames.at(0).what}, int{wire::settings});
    // The window of the upgrade's settings holds.
    CAF_CHECK_EQUAL(wire::first(frames, wire::data, 1).payload, "twelve byt"s);
    frames = say(wire::hello() + wire::frame(wire::settings, wire::ack, 0)
                 + wire::frame(wire::window_update, 0, 1, wire::number(10))
                 + wire::request(3));
    CAF_CHECK_EQUAL(wire::first(frames, wire::data, 1).payload, "es"s);
    CAF_CHECK_EQUAL(at_server.of[3].wholes, 1);
    CAF_CHECK_EQUAL(doom_of(wire::request(1)), int{wire::stream_closed});
  }

  CAF_TEST(an upgrade may ask by HEAD) {
    server = http2::server_session{limits, limits2, at_server};
    CAF_REQUIRE(server.upgrade("", first_request("HEAD")));
    server.respond(1, response("unseen"));
    auto frames = wire::frames(written(server));
    CAF_CHECK_EQUAL(wire::count(frames, wire::data), 0u);
  }

  CAF_TEST(broken settings refuse the upgrade) {
    for (const auto* text : {"A", "AAM", "AAMAAAB=", "AAMAAAB!", "AAMAAABkA",
                             // SETTINGS_ENABLE_PUSH 2 makes a connection error.
                             "AAIAAA"}) {
      server = http2::server_session{limits, limits2, at_server};
      CAF_MESSAGE(text);
      CAF_CHECK(!server.upgrade(text, first_request()));
      CAF_CHECK(at_server.of.empty());
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
