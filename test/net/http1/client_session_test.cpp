#define CAF_SUITE http1_client

#include "session_io.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

namespace {

http_request request(std::string method, std::string body = {}) {
  http_request result;
  result.method = std::move(method);
  result.target = "/path";
  result.fields = {{"Host", "a:1"}, {"X", "1"}};
  result.body = std::move(body);
  return result;
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

struct fixture {
  std::string send(http_request x) {
    session.send(std::move(x));
    return written(session);
  }

  /// "STATUS body", "errc: text", or "(nothing)".
  std::string outcome() {
    auto taken = session.take();
    if (!taken)
      return "(nothing)";
    if (*taken)
      return std::to_string((*taken)->status) + ' ' + (*taken)->body;
    return std::string{to_string(taken->error().reason)} + ": " + taken->error().detail;
  }

  http_limits limits;
  client_session session{limits};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http1_client_tests, fixture)

  CAF_TEST(Content-Length stands behind User-Agent or else Host or else first) {
    auto x = request("POST", "hi");
    x.fields = {{"Host", "a"}, {"X", "1"}, {"user-agent", "u"}, {"User-Agent", "v"}};
    CAF_CHECK_EQUAL(send(x),
                    "POST /path HTTP/1.1\r\nHost: a\r\nX: 1\r\nuser-agent: u\r\n"
                    "Content-Length: 2\r\nUser-Agent: v\r\n\r\nhi");
    session = client_session{limits};
    CAF_CHECK_EQUAL(
        send(request("POST", "hi")),
        "POST /path HTTP/1.1\r\nHost: a:1\r\nContent-Length: 2\r\nX: 1\r\n\r\nhi");
    session = client_session{limits};
    x.fields = {{"X", "1"}};
    CAF_CHECK_EQUAL(send(x),
                    "POST /path HTTP/1.1\r\nContent-Length: 2\r\nX: 1\r\n\r\nhi");
  }

  CAF_TEST(an empty body has a length where the method promises a body) {
    for (auto method : {"POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "BREW"}) {
      client_session one{limits};
      one.send(request(method));
      auto promised = std::string_view{method}.front() == 'P';
      CAF_CHECK_EQUAL(field_of(written(one), "Content-Length"),
                      promised ? "0" : "(none)");
    }
  }

  CAF_TEST(no field adds a line or frames the message) {
    auto x = request("GET");
    x.fields = {{"Host", "a"},
                {"A", "1\r\nB: 2"},
                {"C: D", "3"},
                {"content-length", "9"},
                {"Transfer-Encoding", "chunked"},
                {"Connection", "close"}};
    CAF_CHECK_EQUAL(send(x), "GET /path HTTP/1.1\r\nHost: a\r\nA: 1  B: 2\r\n\r\n");
  }

  CAF_TEST(a request line that can not be written fails the call and nothing else) {
    for (auto target : {"", "/a b", "/a\r\nX: 1", "/\xc3\xa9", "/a#b"}) {
      auto x = request("GET");
      x.target = target;
      CAF_CHECK_EQUAL(send(x), "");
      CAF_CHECK_EQUAL(outcome().substr(0, 17), "invalid_argument:");
      CAF_CHECK(session.ready());
    }
    CAF_CHECK_EQUAL(send(request("G T")), "");
    CAF_CHECK(!session.ready());
    CAF_CHECK_EQUAL(outcome().substr(0, 17), "invalid_argument:");
    CAF_CHECK(session.ready());
  }

  CAF_TEST(a large body is a piece of its own) {
    session.send(request("POST", std::string(5000, 'x')));
    std::string_view parts[4];
    CAF_CHECK_EQUAL(session.output(parts), 2u);
    CAF_CHECK_EQUAL(parts[1].size(), 5000u);
  }

  CAF_TEST(one exchange follows the other on a connection) {
    CAF_CHECK(session.ready());
    for (int i = 0; i < 3; ++i) {
      send(request("POST", "x"));
      CAF_CHECK(!session.ready());
      CAF_CHECK_EQUAL(outcome(), "(nothing)");
      session.receive(ok);
      CAF_CHECK(!session.ready());
      CAF_CHECK_EQUAL(outcome(), "200 hi");
      CAF_CHECK_EQUAL(outcome(), "(nothing)");
      CAF_CHECK(session.ready());
      CAF_CHECK(!session.finished());
    }
  }

  CAF_TEST(the answer to HEAD has no body whatever it says) {
    for (auto framing :
         {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
      send(request("HEAD"));
      session.receive("HTTP/1.1 200 OK\r\n" + std::string{framing} + "\r\n");
      CAF_CHECK_EQUAL(outcome(), "200 ");
      CAF_CHECK(session.ready());
    }
  }

  CAF_TEST(fields of a response keep their order and lose what frames it) {
    send(request("GET"));
    session.receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nb: 1\r\nKeep-Alive: 5\r\n"
                    "A: 2\r\nB: 3\r\n\r\n");
    auto taken = session.take();
    CAF_REQUIRE(taken && *taken);
    CAF_CHECK(((*taken)->fields == metadata{{"b", "1"}, {"A", "2"}, {"B", "3"}}));
  }

  CAF_TEST(fields of interim responses are dropped) {
    send(request("GET"));
    session.receive("HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: close\r\n\r\n"
                    + ok);
    auto taken = session.take();
    CAF_REQUIRE(taken && *taken);
    CAF_CHECK((*taken)->fields.empty());
    CAF_CHECK(session.ready());
  }

  CAF_TEST(a body without length ends with the connection) {
    send(request("GET"));
    session.receive("HTTP/1.1 200 OK\r\n\r\n");
    CAF_CHECK(session.in_body());
    session.receive("hello ");
    session.receive("world");
    CAF_CHECK_EQUAL(outcome(), "(nothing)");
    session.receive_eof();
    CAF_CHECK_EQUAL(outcome(), "200 hello world");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(in_body is true while a body flows) {
    CAF_CHECK(!session.in_body());
    send(request("GET"));
    session.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
    CAF_CHECK(!session.in_body());
    session.receive("\r\nh");
    CAF_CHECK(session.in_body());
    session.receive("i");
    CAF_CHECK(!session.in_body());
  }

  CAF_TEST(a server that closes ends the connection behind its response) {
    struct {
      const char* head;
      bool lives;
    } rows[] = {{"HTTP/1.1 200 OK\r\n", true},
                {"HTTP/1.1 200 OK\r\nConnection: close\r\n", false},
                {"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\n", false},
                {"HTTP/1.0 200 OK\r\n", false},
                {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", true}};
    for (const auto& x : rows) {
      session = client_session{limits};
      send(request("GET"));
      session.receive(x.head + std::string{"Content-Length: 0\r\n\r\n"});
      CAF_CHECK_EQUAL(outcome(), "200 ");
      CAF_CHECK_EQUAL(session.ready(), x.lives);
      CAF_CHECK_EQUAL(session.finished(), !x.lives);
    }
  }

  CAF_TEST(bytes behind a response end the connection and not the call) {
    for (size_t size = 1; size <= ok.size() + 1; ++size) {
      session = client_session{limits};
      send(request("GET"));
      feed(session, ok + "H", size);
      CAF_CHECK_EQUAL(outcome(), "200 hi");
      CAF_CHECK(!session.ready());
      CAF_CHECK(session.finished());
    }
  }

  CAF_TEST(bytes that nobody asked for end the connection) {
    session.receive("HTTP/1.1 408 Request Timeout\r\n\r\n");
    CAF_CHECK(!session.ready());
    CAF_CHECK(session.finished());
    CAF_CHECK_EQUAL(outcome(), "(nothing)");
  }

  CAF_TEST(a body behind a 204 is not taken for the next answer) {
    send(request("GET"));
    session.receive("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n");
    CAF_CHECK_EQUAL(outcome(), "204 ");
    session.receive("hi");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(an answer that overtakes its request ends the connection) {
    session.send(request("POST", std::string(5000, 'x')));
    session.sent(1000);
    session.receive(ok);
    CAF_CHECK_EQUAL(outcome(), "200 hi");
    CAF_CHECK(session.finished());
    CAF_CHECK_EQUAL(session.output_size(), 0u);
  }

  CAF_TEST(the end of the connection within an exchange is a lost connection) {
    for (size_t size = 0; size < ok.size(); ++size) {
      session = client_session{limits};
      send(request("GET"));
      session.receive(std::string_view{ok}.substr(0, size));
      session.receive_eof();
      CAF_CHECK_EQUAL(outcome(),
                      size == 0
                          ? "connection_lost: the peer closed before it answered"
                          : "connection_lost: the peer closed within its response");
      CAF_CHECK(session.finished());
    }
  }

  CAF_TEST(the end of an idle connection ends it) {
    session.receive_eof();
    CAF_CHECK(session.finished());
    CAF_CHECK(!session.ready());
    CAF_CHECK_EQUAL(outcome(), "(nothing)");
  }

  CAF_TEST(the end behind a response keeps the response) {
    send(request("GET"));
    session.receive(ok);
    session.receive_eof();
    CAF_CHECK_EQUAL(outcome(), "200 hi");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(a failure names what was wrong and ends the connection) {
    send(request("GET"));
    session.receive("HTTP/1.1 200 OK\r\nX : 1\r\n\r\n");
    CAF_CHECK_EQUAL(outcome(),
                    "protocol_error: response: field line \"X : 1\" does not "
                    "begin with a name and a colon");
    CAF_CHECK(session.finished());
    session.receive(ok);
    CAF_CHECK_EQUAL(outcome(), "(nothing)");
  }

  CAF_TEST(what the client writes the server reads) {
    server_session server{limits};
    auto sent = request("POST", std::string("\0\r\n\xff", 4));
    auto bytes = send(sent);
    at_every_slice_size(bytes, [&](size_t size) {
      server_session one{limits};
      feed(one, bytes, size);
      auto got = requests_of(one);
      CAF_REQUIRE_EQUAL(got.size(), 1u);
      CAF_CHECK_EQUAL(got[0].request.method, sent.method);
      CAF_CHECK_EQUAL(got[0].request.target, sent.target);
      CAF_CHECK_EQUAL(got[0].request.body, sent.body);
      CAF_CHECK(got[0].request.fields == sent.fields);
    });
  }

  CAF_TEST_FIXTURE_SCOPE_END()
