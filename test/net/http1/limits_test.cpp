// Every limit holds at its bound and refuses one beyond it, at every slicing.

#define CAF_SUITE http1_limits

#include "session_io.hpp"

#include "mica/codecs/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

namespace {

http_limits small_limits() {
  http_limits result;
  result.start_line_bytes = 32;
  result.header_bytes = 64;
  result.header_fields = 4;
  result.body_bytes = 10;
  result.pipelined_requests = 3;
  result.output_bytes = 100;
  return result;
}

std::string filled(size_t size) {
  return std::string(size, 'x');
}

std::string request_line_of(size_t size) {
  return "GET /" + filled(size - 14) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

/// The field lines, without their ends, have `size` bytes.
std::string header_of(size_t size) {
  return "GET / HTTP/1.1\r\nHost: a\r\nX: " + filled(size - 10) + "\r\n\r\n";
}

std::string fields_of(size_t count) {
  std::string result = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (size_t i = 1; i < count; ++i)
    result += "X: 1\r\n";
  return result + "\r\n";
}

std::string chunked(const std::string& body) {
  return "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

/// "read", or the status it is refused with, if it is the same at every slicing.
std::string outcome(const std::string& bytes) {
  std::string result;
  at_every_slice_size(bytes, [&](size_t size) {
    server_session session{small_limits()};
    feed(session, bytes, size);
    std::string now = "unfinished";
    if (session.refused())
      now = written(session).substr(9, 3);
    else if (requests_of(session).size() == 1)
      now = "read";
    if (result.empty())
      result = now;
    else if (now != result)
      result = "differs at slice size " + std::to_string(size);
  });
  return result;
}

std::string outcome_of_response(const std::string& bytes, bool at_end = false) {
  std::string result;
  at_every_slice_size(bytes, [&](size_t size) {
    client_session session{small_limits()};
    http_request request;
    request.method = "GET";
    request.target = "/";
    session.send(std::move(request));
    written(session);
    feed(session, bytes, size);
    if (at_end)
      session.receive_eof();
    auto taken = session.take();
    std::string now = "unfinished";
    if (taken)
      now = *taken ? "read" : std::string{to_string(taken->error().reason)};
    if (result.empty())
      result = now;
    else if (now != result)
      result = "differs at slice size " + std::to_string(size);
  });
  return result;
}

} // namespace

CAF_TEST(a request line beyond its limit is 414) {
  CAF_CHECK_EQUAL(outcome(request_line_of(32)), "read");
  CAF_CHECK_EQUAL(outcome(request_line_of(33)), "414");
  CAF_CHECK_EQUAL(outcome("GET /" + filled(300)), "414");
}

CAF_TEST(field lines beyond their limit are 431) {
  CAF_CHECK_EQUAL(outcome(header_of(64)), "read");
  CAF_CHECK_EQUAL(outcome(header_of(65)), "431");
  CAF_CHECK_EQUAL(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: " + filled(300)), "431");
}

CAF_TEST(fields beyond their number are 431) {
  CAF_CHECK_EQUAL(outcome(fields_of(4)), "read");
  CAF_CHECK_EQUAL(outcome(fields_of(5)), "431");
}

CAF_TEST(a body beyond its limit is 413) {
  auto sized = [](size_t size) {
    return "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size)
           + "\r\n\r\n" + filled(size);
  };
  CAF_CHECK_EQUAL(outcome(sized(10)), "read");
  CAF_CHECK_EQUAL(outcome(sized(11)), "413");
  CAF_CHECK_EQUAL(outcome(chunked("a\r\n0123456789\r\n0\r\n\r\n")), "read");
  CAF_CHECK_EQUAL(outcome(chunked("b\r\n01234567890\r\n0\r\n\r\n")), "413");
  CAF_CHECK_EQUAL(outcome(chunked("6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n")), "read");
  CAF_CHECK_EQUAL(outcome(chunked("6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n")), "413");
}

CAF_TEST(trailers share the limits of the header) {
  // The header's own lines have 7 and 26 bytes: 31 are left, and 2 fields.
  CAF_CHECK_EQUAL(outcome(chunked("0\r\nX: " + filled(28) + "\r\n\r\n")), "read");
  CAF_CHECK_EQUAL(outcome(chunked("0\r\nX: " + filled(29) + "\r\n\r\n")), "431");
  CAF_CHECK_EQUAL(outcome(chunked("0\r\nX: 1\r\nX: 2\r\n\r\n")), "read");
  CAF_CHECK_EQUAL(outcome(chunked("0\r\nX: 1\r\nX: 2\r\nX: 3\r\n\r\n")), "431");
}

CAF_TEST(chunk extensions share the limits of the header) {
  CAF_CHECK_EQUAL(outcome(chunked("0;" + filled(30) + "\r\n\r\n")), "read");
  CAF_CHECK_EQUAL(outcome(chunked("0;" + filled(31) + "\r\n\r\n")), "431");
  auto chunk = "1;" + filled(14) + "\r\nx\r\n";
  CAF_CHECK_EQUAL(outcome(chunked(chunk + chunk + "0\r\n\r\n")), "read");
  CAF_CHECK_EQUAL(outcome(chunked(chunk + chunk + chunk + "0\r\n\r\n")), "431");
}

CAF_TEST(a chunk size line of more than 256 bytes is 400) {
  http_limits wide;
  for (size_t size : {256, 257}) {
    server_session session{wide};
    session.receive(chunked("0;" + filled(size - 2) + "\r\n\r\n"));
    CAF_CHECK_EQUAL(session.refused(), size > 256);
    if (size > 256)
      CAF_CHECK_EQUAL(written(session).substr(9, 3), "400");
  }
  CAF_CHECK_EQUAL(outcome(chunked(std::string(300, '0'))), "400");
}

CAF_TEST(a full pipeline is not read until an answer is given) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  at_every_slice_size(bytes, [&](size_t size) {
    server_session session{small_limits()};
    std::string targets;
    size_t at = 0;
    for (uint64_t answered = 0; answered < 8; ++answered) {
      while (session.wants_input() && at < bytes.size()) {
        session.receive(std::string_view{bytes}.substr(at, size));
        at += size;
      }
      CAF_REQUIRE(session.unanswered() <= 3);
      if (session.unanswered() == 3)
        CAF_REQUIRE(!session.wants_input());
      for (const auto& x : requests_of(session))
        targets += x.request.target;
      session.respond(answered, {});
      written(session);
    }
    CAF_REQUIRE_EQUAL(targets, "/0/1/2/3/4/5/6/7");
  });
}

CAF_TEST(requests that wait for the pipeline are served behind the end of input and drain) {
  std::string bytes;
  for (int i = 0; i < 5; ++i)
    bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  for (bool drains : {false, true}) {
    server_session session{small_limits()};
    session.receive(bytes);
    if (drains)
      session.drain();
    else
      session.receive_eof();
    size_t served = 0;
    for (uint64_t i = 0; i < 5; ++i) {
      CAF_CHECK(!session.finished());
      served += requests_of(session).size();
      session.respond(i, {});
    }
    CAF_CHECK_EQUAL(served, 5u);
    auto answers = split_messages(written(session));
    CAF_REQUIRE_EQUAL(answers.size(), 5u);
    for (size_t i = 0; i < 5; ++i)
      CAF_CHECK_EQUAL(field_of(answers[i].head, "Connection"),
                      i < 4 ? "(none)" : "close");
    CAF_CHECK(session.finished());
  }
}

CAF_TEST(a bad request that waits for the pipeline is refused in its turn) {
  std::string good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  server_session session{small_limits()};
  session.receive(good + good + good + "BAD\r\n" + good);
  CAF_CHECK(!session.refused());
  CAF_CHECK_EQUAL(requests_of(session).size(), 3u);
  for (uint64_t i = 0; i < 3; ++i)
    session.respond(i, {});
  CAF_CHECK(session.refused());
  CAF_CHECK(requests_of(session).empty());
  auto answers = split_messages(written(session));
  CAF_REQUIRE_EQUAL(answers.size(), 4u);
  CAF_CHECK_EQUAL(parse_error(answers[3].body).code, 400);
  CAF_CHECK(session.finished());
}

CAF_TEST(a peer that does not read is not read) {
  server_session session{small_limits()};
  session.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  session.respond(0, response(filled(200)));
  CAF_CHECK(!session.wants_input());
  // It is not the peer that delays the next request: no deadline of its runs.
  session.receive("GET");
  CAF_CHECK(session.state() == phase::handling);
  session.sent(session.output_size() - 50);
  CAF_CHECK(session.wants_input());
  CAF_CHECK(session.state() == phase::header);
}

CAF_TEST(requests that wait are not read while their peer does not read) {
  std::string bytes;
  for (int i = 0; i < 6; ++i)
    bytes += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  server_session session{small_limits()};
  session.receive(bytes);
  CAF_CHECK_EQUAL(requests_of(session).size(), 3u);
  for (uint64_t i = 0; i < 3; ++i)
    session.respond(i, response(filled(200)));
  CAF_CHECK(requests_of(session).empty());
  CAF_CHECK_EQUAL(session.unanswered(), 0u);
  CAF_CHECK(!session.wants_input());
  written(session);
  CAF_CHECK_EQUAL(requests_of(session).size(), 3u);
  session.receive_eof();
  for (uint64_t i = 3; i < 6; ++i)
    session.respond(i, {});
  written(session);
  CAF_CHECK(session.finished());
}

CAF_TEST(a status line beyond its limit fails the call) {
  auto line = [](size_t size) {
    return "HTTP/1.1 200 " + filled(size - 13) + "\r\nContent-Length: 0\r\n\r\n";
  };
  CAF_CHECK_EQUAL(outcome_of_response(line(32)), "read");
  CAF_CHECK_EQUAL(outcome_of_response(line(33)), "limit_exceeded");
}

CAF_TEST(fields of a response beyond their limits fail the call) {
  auto header = [](size_t size) {
    return "HTTP/1.1 204 \r\nX: " + filled(size - 3) + "\r\n\r\n";
  };
  CAF_CHECK_EQUAL(outcome_of_response(header(64)), "read");
  CAF_CHECK_EQUAL(outcome_of_response(header(65)), "limit_exceeded");
  std::string four = "HTTP/1.1 204 \r\nX: 1\r\nX: 2\r\nX: 3\r\nX: 4\r\n";
  CAF_CHECK_EQUAL(outcome_of_response(four + "\r\n"), "read");
  CAF_CHECK_EQUAL(outcome_of_response(four + "X: 5\r\n\r\n"), "limit_exceeded");
}

CAF_TEST(a response body beyond its limit fails the call) {
  auto sized = [](size_t size) {
    return "HTTP/1.1 200 \r\nContent-Length: " + std::to_string(size) + "\r\n\r\n"
           + filled(size);
  };
  CAF_CHECK_EQUAL(outcome_of_response(sized(10)), "read");
  CAF_CHECK_EQUAL(outcome_of_response(sized(11)), "limit_exceeded");
  CAF_CHECK_EQUAL(outcome_of_response("HTTP/1.1 200 \r\n\r\n" + filled(10), true),
                  "read");
  CAF_CHECK_EQUAL(outcome_of_response("HTTP/1.1 200 \r\n\r\n" + filled(11), true),
                  "limit_exceeded");
}

CAF_TEST(endless interim responses fail the call) {
  std::string interim;
  // Four status lines of 14 bytes fit into the header's 64.
  for (int i = 0; i < 4; ++i)
    interim += "HTTP/1.1 103 x\r\n\r\n";
  CAF_CHECK_EQUAL(outcome_of_response(interim + "HTTP/1.1 204 \r\n\r\n"), "read");
  CAF_CHECK_EQUAL(outcome_of_response(interim + "HTTP/1.1 103 x\r\n\r\n"),
                  "limit_exceeded");
}
