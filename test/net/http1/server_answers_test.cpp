#define CAF_SUITE http1_server_answers

#include "server_fixture.hpp"

#include "mica/codecs/error.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

CAF_TEST_FIXTURE_SCOPE(http1_server_answers_tests, server_fixture)

  CAF_TEST(a response has its length and fields and nothing else) {
    receive(get("/"));
    auto answer = response("hi", 404);
    answer.fields = {{"Content-Type", "text/plain"}, {"micro-ID", "7"}};
    session.respond(0, std::move(answer));
    CAF_CHECK_EQUAL(written(session),
                    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n"
                    "Content-Type: text/plain\r\nmicro-ID: 7\r\n\r\nhi");
    CAF_CHECK(!session.finished());
  }

  CAF_TEST(no value or name adds a line) {
    receive(get("/"));
    http_response answer;
    answer.fields = {{"A", "1\r\nB: 2"},
                     {"C\r\nD", "3"},
                     {"E", {"4\0\x7f", 3}},
                     {"Content-Length", "99"},
                     {"connection", "upgrade"},
                     {"Transfer-Encoding", "chunked"},
                     {"", "5"},
                     {"F", "\ttab and \xc3\xa9"}};
    session.respond(0, std::move(answer));
    CAF_CHECK_EQUAL(written(session),
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: 1  B: 2\r\nE: 4  \r\n"
                    "F: \ttab and \xc3\xa9\r\n\r\n");
  }

  CAF_TEST(an impossible status becomes 500) {
    for (int status : {-1, 0, 99, 100, 199, 600, 1000}) {
      server_session one{limits};
      one.receive(get("/"));
      one.respond(0, response("", status));
      CAF_CHECK_EQUAL(written(one).substr(0, 34), "HTTP/1.1 500 Internal Server Error");
    }
  }

  CAF_TEST(an unknown status has an empty reason) {
    receive(get("/"));
    session.respond(0, response("", 299));
    CAF_CHECK_EQUAL(written(session), "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
  }

  CAF_TEST(the answer to HEAD has a length and no body) {
    receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    session.respond(0, response("12345"));
    CAF_CHECK_EQUAL(written(session), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  }

  CAF_TEST(a refused HEAD gets no body) {
    session.receive("HEAD / HTTP/1.1\r\n\r\n");
    auto all = written(session);
    CAF_CHECK_EQUAL(all.substr(0, 12), "HTTP/1.1 400");
    CAF_CHECK_EQUAL(all.substr(all.size() - 4), "\r\n\r\n");
    CAF_CHECK_NOT_EQUAL(field_of(all, "Content-Length"), "0");
  }

  CAF_TEST(204 and 304 have neither body nor length) {
    for (int status : {204, 304}) {
      receive(get("/"));
      session.respond(status == 204 ? 0 : 1, response("dropped", status));
      auto head = written(session);
      CAF_CHECK_EQUAL(field_of(head, "Content-Length"), "(none)");
      CAF_CHECK_EQUAL(head.substr(head.size() - 4), "\r\n\r\n");
    }
  }

  CAF_TEST(pipelined requests are answered in their order in whatever order answers come) {
    std::vector<uint64_t> order{0, 1, 2, 3};
    do {
      server_session one{limits};
      one.receive(get("/0") + post("1") + get("/2") + post("3"));
      auto requests = requests_of(one);
      CAF_REQUIRE_EQUAL(requests.size(), 4u);
      for (auto i : order) {
        CAF_REQUIRE_EQUAL(requests[i].sequence, i);
        one.respond(i, response(std::to_string(i)));
        one.respond(i, response("again"));
      }
      std::string bodies;
      for (const auto& x : split_messages(written(one)))
        bodies += x.body;
      CAF_CHECK_EQUAL(bodies, "0123");
      CAF_CHECK_EQUAL(one.unanswered(), 0u);
    } while (std::next_permutation(order.begin(), order.end()));
  }

  CAF_TEST(each answer leaves as soon as it is its turn) {
    receive(get("/0") + get("/1") + get("/2"));
    session.respond(1, response("b"));
    CAF_CHECK_EQUAL(session.output_size(), 0u);
    CAF_CHECK_EQUAL(session.unanswered(), 3u);
    session.respond(0, response("a"));
    CAF_CHECK_EQUAL(bodies(), "ab");
    CAF_CHECK_EQUAL(session.unanswered(), 1u);
    session.respond(2, response("c"));
    CAF_CHECK_EQUAL(bodies(), "c");
  }

  CAF_TEST(unknown and repeated sequences are ignored) {
    session.respond(0, response("nobody asked"));
    receive(get("/"));
    session.respond(1, response("not yet"));
    session.respond(~0ull, response("never"));
    CAF_CHECK_EQUAL(session.output_size(), 0u);
    session.respond(0, response("a"));
    session.respond(0, response("b"));
    CAF_CHECK_EQUAL(bodies(), "a");
  }

  CAF_TEST(hundreds of requests on one connection keep their sequence) {
    for (uint64_t i = 0; i < 300; i += 3) {
      auto requests = receive(get("/a") + get("/b") + get("/c"));
      CAF_REQUIRE_EQUAL(requests.size(), 3u);
      CAF_REQUIRE_EQUAL(requests[0].sequence, i);
      session.respond(i + 2, response("z"));
      session.respond(i, response("x"));
      session.respond(i + 1, response("y"));
      CAF_REQUIRE_EQUAL(bodies(), "xyz");
    }
  }

  CAF_TEST(output may be written in pieces of any size) {
    auto large = std::string(3000, 'x');
    std::string whole;
    for (size_t most = 1; most < 4000; most = most < 300 ? most + 1 : most * 2) {
      server_session one{limits};
      one.receive(get("/0") + get("/1") + get("/2"));
      one.respond(0, response("small"));
      one.respond(1, response(large));
      one.respond(2, response("last"));
      auto size = one.output_size();
      auto all = written(one, most);
      CAF_REQUIRE_EQUAL(all.size(), size);
      CAF_REQUIRE_EQUAL(one.output_size(), 0u);
      if (whole.empty())
        whole = all;
      CAF_REQUIRE_EQUAL(all, whole);
    }
    auto answers = split_messages(whole);
    CAF_REQUIRE_EQUAL(answers.size(), 3u);
    CAF_CHECK_EQUAL(answers[1].body, large);
  }

  CAF_TEST(output that is added behind partly written output stays in order) {
    receive(get("/0") + get("/1"));
    session.respond(0, response("first"));
    session.sent(10);
    session.respond(1, response("second"));
    auto rest = written(session, 7);
    CAF_CHECK_EQUAL("HTTP/1.1 2" + rest,
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
                    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
  }

  CAF_TEST(output uses no more pieces than it is given) {
    receive(get("/0") + get("/1"));
    session.respond(0, response(std::string(5000, 'a')));
    session.respond(1, response(std::string(5000, 'b')));
    std::string_view one[1];
    CAF_CHECK_EQUAL(session.output(one), 1u);
    std::string_view many[8];
    CAF_CHECK_EQUAL(session.output(many), 4u);
    CAF_CHECK_EQUAL(session.output({}), 0u);
  }

  CAF_TEST(an error names the offending bytes without sending them back raw) {
    receive("GET / HTTP/1.1\r\nHost: a\r\nX: \x1b]0;\r\n\r\n");
    auto answers = split_messages(written(session));
    CAF_REQUIRE_EQUAL(answers.size(), 1u);
    CAF_CHECK_EQUAL(
        parse_error(answers[0].body).detail,
        "field \"X\" has the value \"\\x1b]0;\": control characters are not "
        "allowed");
  }

  CAF_TEST(the host of an absolute target replaces the field) {
    auto requests = receive("GET http://b:8/x HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n");
    CAF_REQUIRE_EQUAL(requests.size(), 1u);
    CAF_CHECK((requests[0].request.fields == metadata{{"Host", "b:8"}, {"X", "1"}}));
    requests = receive(get("/x"));
    CAF_REQUIRE_EQUAL(requests.size(), 1u);
    CAF_CHECK((requests[0].request.fields == metadata{{"Host", "a"}}));
  }

  CAF_TEST(fields keep their order and spelling and lose what frames the message) {
    auto requests =
        receive("POST / HTTP/1.1\r\nx-b: 1\r\nHOST: a\r\nTE: trailers\r\n"
                "Connection: TE\r\nTrailer: X\r\nKeep-Alive: 5\r\nX-B: 2\r\n"
                "Transfer-Encoding: chunked\r\nTest: 3\r\n\r\n0\r\nX: 9\r\n\r\n");
    CAF_REQUIRE_EQUAL(requests.size(), 1u);
    std::string all;
    for (auto field : requests[0].request.fields)
      all += std::string{field.name} + '=' + std::string{field.value} + ';';
    CAF_CHECK_EQUAL(all, "x-b=1;HOST=a;X-B=2;Test=3;");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
