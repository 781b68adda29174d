#define CAF_SUITE http1_server

#include "server_fixture.hpp"

#include "mica/codecs/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

CAF_TEST_FIXTURE_SCOPE(http1_server_tests, server_fixture)

  CAF_TEST(a connection is kept unless the client says close) {
    receive(get("/", "Connection: Keep-Alive, x\r\n"));
    session.respond(0, {});
    CAF_CHECK_EQUAL(field_of(heads().at(0), "Connection"), "(none)");
    receive(get("/", "Connection: x , CLOSE\r\n"));
    CAF_CHECK(in(phase::handling));
    CAF_CHECK(receive(get("/dropped")).empty());
    session.respond(1, {});
    CAF_CHECK_EQUAL(field_of(heads().at(0), "Connection"), "close");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(HTTP 1_0 is kept only if it asks for it) {
    receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    session.respond(0, {});
    CAF_CHECK_EQUAL(field_of(heads().at(0), "Connection"), "keep-alive");
    auto requests = receive("GET / HTTP/1.0\r\n\r\n");
    CAF_REQUIRE_EQUAL(requests.size(), 1u);
    CAF_CHECK_EQUAL(requests[0].request.minor_version, 0);
    session.respond(1, {});
    auto head = heads().at(0);
    CAF_CHECK_EQUAL(head.substr(0, 15), "HTTP/1.1 200 OK");
    CAF_CHECK_EQUAL(field_of(head, "Connection"), "close");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(a response may close the connection and what follows is void) {
    session.receive(get("/0") + get("/1") + get("/2"));
    numbered_request first;
    CAF_REQUIRE(session.next(first));
    auto answer = response("bye");
    answer.close = true;
    session.respond(2, response("never"));
    session.respond(0, std::move(answer));
    CAF_CHECK_EQUAL(bodies(), "bye");
    session.respond(1, response("never"));
    CAF_CHECK(session.finished());
    CAF_CHECK(requests_of(session).empty());
  }

  CAF_TEST(a peer of another protocol gets no answer) {
    constexpr std::string_view preface = "INVALID CONNECTION PREFACE\r\n\r\n";
    for (size_t step = 1; step <= preface.size(); ++step) {
      server_session each{limits};
      for (auto left = preface; !left.empty();
           left.remove_prefix(std::min(step, left.size())))
        each.receive(left.substr(0, step));
      CAF_CHECK(each.refused());
      CAF_CHECK(each.finished());
      CAF_CHECK_EQUAL(each.output_size(), 0u);
    }
  }

  CAF_TEST(a peer that has sent a request is told what is wrong with the next line) {
    receive(get("/"));
    session.respond(0, {});
    CAF_CHECK_EQUAL(heads().at(0).substr(0, 12), "HTTP/1.1 200");
    receive("INVALID CONNECTION PREFACE\r\n\r\n");
    CAF_CHECK_EQUAL(heads().at(0).substr(0, 12), "HTTP/1.1 400");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(a refusal waits for the answers that are owed) {
    auto requests = receive(get("/0") + get("/1") + "BAD\r\n" + get("/2"));
    CAF_REQUIRE_EQUAL(requests.size(), 2u);
    CAF_CHECK(session.refused());
    CAF_CHECK(in(phase::handling));
    CAF_CHECK_EQUAL(session.output_size(), 0u);
    session.respond(1, response("b"));
    session.respond(0, response("a"));
    auto answers = split_messages(written(session));
    CAF_REQUIRE_EQUAL(answers.size(), 3u);
    CAF_CHECK_EQUAL(answers[0].body + answers[1].body, "ab");
    CAF_CHECK_EQUAL(field_of(answers[1].head, "Connection"), "(none)");
    CAF_CHECK_EQUAL(parse_error(answers[2].body).code, 400);
    CAF_CHECK(session.finished());
  }

  CAF_TEST(a refusal can not be answered in its place) {
    receive("BAD\r\n");
    session.respond(0, response("instead"));
    auto answers = split_messages(written(session));
    CAF_REQUIRE_EQUAL(answers.size(), 1u);
    CAF_CHECK_EQUAL(parse_error(answers[0].body).code, 400);
  }

  CAF_TEST(100 is said when the body is awaited) {
    auto request = post("hello", "Expect: 100-continue\r\n");
    auto head = request.substr(0, request.size() - 5);
    CAF_CHECK(receive(head).empty());
    CAF_CHECK_EQUAL(written(session), continue_line);
    CAF_CHECK(receive("hel").empty());
    auto requests = receive("lo");
    CAF_REQUIRE_EQUAL(requests.size(), 1u);
    CAF_CHECK_EQUAL(requests[0].request.body, "hello");
    CAF_CHECK(!requests[0].request.fields.contains("Expect"));
    CAF_CHECK_EQUAL(written(session), "");
  }

  CAF_TEST(100 is not said when the body is there or empty or refused) {
    receive(post("hello", "Expect: 100-continue\r\n"));
    receive(post("", "Expect: 100-continue\r\n"));
    receive("POST / HTTP/1.0\r\nExpect: 100-continue\r\nConnection: keep-alive\r\n"
            "Content-Length: 5\r\n\r\n");
    CAF_CHECK_EQUAL(written(session), "");
    receive("hello");
    CAF_CHECK_EQUAL(session.unanswered(), 3u);
    server_session other{limits};
    other.receive("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                  "Content-Length: 999999999\r\n\r\n");
    CAF_CHECK_EQUAL(written(other).substr(0, 12), "HTTP/1.1 413");
  }

  CAF_TEST(100 waits for the answers that are owed) {
    receive(get("/0")
            + "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
              "Transfer-Encoding: chunked\r\n\r\n");
    CAF_CHECK_EQUAL(session.output_size(), 0u);
    session.respond(0, response("a"));
    CAF_CHECK_EQUAL(written(session),
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na" + continue_line);
    CAF_CHECK_EQUAL(receive("2\r\nhi\r\n0\r\n\r\n").size(), 1u);
  }

  CAF_TEST(the phase tells what the session waits for) {
    CAF_CHECK(in(phase::idle));
    session.receive("P");
    CAF_CHECK(in(phase::header));
    session.receive("OST / HTTP/1.1\r\n");
    CAF_CHECK(in(phase::header));
    session.receive("Host: a\r\nContent-Length: 2\r\n\r\n");
    CAF_CHECK(in(phase::body));
    session.receive("h");
    CAF_CHECK(in(phase::body));
    session.receive("i");
    CAF_CHECK(in(phase::handling));
    session.receive("\r");
    CAF_CHECK(in(phase::header));
    session.receive("\n");
    CAF_CHECK(in(phase::handling));
    session.respond(0, {});
    CAF_CHECK(in(phase::idle));
    session.expire();
    CAF_CHECK(in(phase::closing));
  }

  CAF_TEST(a deadline within a request is 408) {
    for (auto bytes :
         {"G", "GET / HTTP/1.1\r\nHo",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh",
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2"}) {
      server_session one{limits};
      one.receive(bytes);
      one.expire();
      CAF_CHECK(one.refused());
      auto answers = split_messages(written(one));
      CAF_REQUIRE_EQUAL(answers.size(), 1u);
      CAF_CHECK_EQUAL(parse_error(answers[0].body).code, 408);
      CAF_CHECK(one.finished());
    }
  }

  CAF_TEST(a deadline of an idle connection closes it without a word) {
    session.expire();
    CAF_CHECK(session.finished());
    CAF_CHECK(!session.refused());
    CAF_CHECK_EQUAL(session.output_size(), 0u);
  }

  CAF_TEST(the end of input lets the answers owed go out) {
    receive(get("/0") + get("/1"));
    session.receive_eof();
    CAF_CHECK(!session.finished());
    session.respond(0, response("a"));
    session.respond(1, response("b"));
    auto answers = split_messages(written(session));
    CAF_REQUIRE_EQUAL(answers.size(), 2u);
    CAF_CHECK_EQUAL(field_of(answers[0].head, "Connection"), "(none)");
    CAF_CHECK_EQUAL(field_of(answers[1].head, "Connection"), "close");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(the end of input within a request is 400) {
    auto whole = post("hello");
    for (size_t size = 1; size < whole.size(); ++size) {
      server_session one{limits};
      one.receive(whole.substr(0, size));
      one.receive_eof();
      auto answers = split_messages(written(one));
      CAF_REQUIRE_EQUAL(answers.size(), 1u);
      CAF_CHECK_EQUAL(parse_error(answers[0].body).code, 400);
      CAF_CHECK(one.finished());
    }
    session.receive_eof();
    CAF_CHECK(session.finished());
    CAF_CHECK_EQUAL(session.output_size(), 0u);
  }

  CAF_TEST(draining ends an idle connection at once) {
    session.drain();
    CAF_CHECK(session.finished());
    CAF_CHECK(receive(get("/late")).empty());
  }

  CAF_TEST(draining ends a connection behind the answers owed) {
    receive(get("/0") + get("/1"));
    session.drain();
    CAF_CHECK(receive(get("/late")).empty());
    session.respond(0, response("a"));
    session.respond(1, response("b"));
    auto answers = split_messages(written(session));
    CAF_REQUIRE_EQUAL(answers.size(), 2u);
    CAF_CHECK_EQUAL(field_of(answers[1].head, "Connection"), "close");
    CAF_CHECK(session.finished());
  }

  CAF_TEST(draining lets a request that has begun to arrive finish and no later one) {
    auto whole = post("hello");
    for (size_t size = 1; size < whole.size(); ++size) {
      server_session one{limits};
      one.receive(get("/0") + whole.substr(0, size));
      one.drain();
      one.respond(0, response("a"));
      CAF_CHECK(!one.finished());
      one.receive(whole.substr(size) + get("/late"));
      CAF_CHECK_EQUAL(requests_of(one).size(), 2u);
      one.respond(1, response("b"));
      auto answers = split_messages(written(one));
      CAF_REQUIRE_EQUAL(answers.size(), 2u);
      CAF_CHECK_EQUAL(field_of(answers[0].head, "Connection"), "(none)");
      CAF_CHECK_EQUAL(field_of(answers[1].head, "Connection"), "close");
      CAF_CHECK(one.finished());
    }
  }

  CAF_TEST(a closing session takes and drops input) {
    receive("BAD\r\n");
    CAF_CHECK(session.wants_input());
    for (int i = 0; i < 100; ++i)
      CAF_CHECK(receive(get("/")).empty());
    CAF_CHECK_EQUAL(heads().size(), 1u);
  }

  CAF_TEST(a moved session goes on) {
    session.receive("GET / HT");
    server_session moved{std::move(session)};
    moved.receive("TP/1.1\r\nHost: a\r\n\r\n");
    CAF_CHECK_EQUAL(requests_of(moved).size(), 1u);
    session = std::move(moved);
    session.respond(0, response("a"));
    CAF_CHECK_EQUAL(bodies(), "a");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
