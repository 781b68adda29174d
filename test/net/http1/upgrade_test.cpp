#define CAF_SUITE http1_upgrade

#include "server_fixture.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

namespace {

const std::string offer = "Connection: Upgrade, HTTP2-Settings\r\n"
                          "Upgrade: h2c\r\n"
                          "HTTP2-Settings: AAMAAABkAAQAAP__\r\n";

} // namespace

CAF_TEST_FIXTURE_SCOPE(http1_upgrade_tests, server_fixture)

  CAF_TEST(an offer of h2c is seen at every slice size) {
    auto bytes = get("/a", offer) + "what follows";
    for (size_t size = 1; size <= bytes.size(); ++size) {
      session = server_session{limits};
      std::vector<numbered_request> got;
      for (size_t at = 0; at < bytes.size(); at += size)
        for (auto& x : receive(std::string_view{bytes}.substr(at, size)))
          got.push_back(std::move(x));
      CAF_REQUIRE_EQUAL(got.size(), 1u);
      CAF_CHECK(got[0].upgrade);
      auto settings = got[0].request.fields.get("HTTP2-Settings");
      CAF_CHECK(settings && *settings == "AAMAAABkAAQAAP__");
      CAF_CHECK(!got[0].request.fields.contains("Upgrade"));
      CAF_CHECK_EQUAL(session.release(), "what follows");
    }
  }

  CAF_TEST(an offer behind a body is seen with the body) {
    auto got = receive(post("hello", offer));
    CAF_REQUIRE_EQUAL(got.size(), 1u);
    CAF_CHECK(got[0].upgrade);
    CAF_CHECK_EQUAL(got[0].request.body, "hello");
    CAF_CHECK_EQUAL(session.release(), "");
  }

  CAF_TEST(an offer that is not taken is answered like any request) {
    auto got = receive(get("/a", offer) + get("/b"));
    CAF_REQUIRE_EQUAL(got.size(), 1u);
    CAF_CHECK(!session.wants_input());
    http_response response;
    response.body = "plain";
    session.respond(got[0].sequence, std::move(response));
    CAF_CHECK_EQUAL(bodies(), "plain");
    auto next = requests_of(session);
    CAF_REQUIRE_EQUAL(next.size(), 1u);
    CAF_CHECK_EQUAL(next[0].request.target, "/b");
    CAF_CHECK(!next[0].upgrade);
  }

  CAF_TEST(an incomplete offer is none) {
    const char* fields[] = {
        "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2\r\nHTTP2-Settings: A\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABk\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABk\r\n",
    };
    for (auto* x : fields) {
      session = server_session{limits};
      auto got = receive(get("/a", x));
      CAF_REQUIRE_EQUAL(got.size(), 1u);
      CAF_CHECK(!got[0].upgrade);
    }
    session = server_session{limits};
    auto old = receive("GET / HTTP/1.0\r\n" + offer + "\r\n");
    CAF_REQUIRE_EQUAL(old.size(), 1u);
    CAF_CHECK(!old[0].upgrade);
  }

  CAF_TEST(while anything is owed an offer is not taken) {
    auto got = receive(get("/a") + get("/b", offer));
    CAF_REQUIRE_EQUAL(got.size(), 2u);
    CAF_CHECK(!got[1].upgrade);
    session = server_session{limits};
    got = receive(get("/a"));
    session.respond(got[0].sequence, {});
    // Answered, but not written yet.
    got = receive(get("/b", offer));
    CAF_CHECK(!got[0].upgrade);
  }

  CAF_TEST(a draining session takes no offer) {
    CAF_CHECK_EQUAL(receive("GET / HTTP/1.1\r\n").size(), 0u);
    session.drain();
    auto got = receive("Host: a\r\n" + offer + "\r\n");
    CAF_REQUIRE_EQUAL(got.size(), 1u);
    CAF_CHECK(!got[0].upgrade);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
