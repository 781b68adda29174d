// Streams of messages over HTTP/1.1, both halves, and those of real Go Micro programs.

#define CAF_SUITE http1_pipe

#include "session_io.hpp"

#include "http1/client_pipe.hpp"
#include "io/message_flow.hpp"
#include "io/message_records.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

namespace {

const char* const streams[] = {
    "mucp-v1-server-stream",      "mucp-v1-client-stream",     "mucp-v1-bidi",
    "mucp-v1-bidi-error",         "mucp-v2-bidi-json",         "mucp-v2-server-stream",
    "mucp-v2-server-stream-json", "mucp-v5-server-stream-json"};

std::string capture(const std::string& name) {
  return read_source_file("test/net/http1/captures/" + name + ".http");
}

/// The requests of a client's capture.
std::vector<http_request> requests_in(const std::string& bytes) {
  server_session session{http_limits{}};
  session.receive(bytes);
  std::vector<http_request> result;
  for (auto& x : requests_of(session)) {
    session.forgo(x.sequence);
    result.push_back(std::move(x.request));
  }
  return result;
}

/// Go frames an empty body as chunks, which is ours to read and not to write.
std::string with_lengths(std::string bytes) {
  for (size_t at;
       (at = bytes.find("Transfer-Encoding: chunked\r\n")) != std::string::npos;) {
    auto end = bytes.find("\r\n\r\n", at) + 4;
    CAF_REQUIRE_EQUAL(bytes.substr(end, 5), "0\r\n\r\n");
    bytes.erase(end, 5);
    bytes.replace(at, 28, "Content-Length: 0\r\n");
  }
  return bytes;
}

http_request post(std::string name, std::string body) {
  http_request result;
  result.method = "POST";
  result.target = "/";
  result.fields = {{"Host", "a"}, {"Micro-Stream", name}};
  result.body = std::move(body);
  return result;
}

std::string text_of(http_request x) {
  client_session session{http_limits{}};
  session.send(std::move(x));
  return written(session);
}

http_request stream_request() {
  return post("7", "open");
}

/// A pipe that was opened, and has written so.
client_pipe opened(const http_limits& limits = {}) {
  client_pipe result{limits};
  CAF_REQUIRE(result.open(stream_request()));
  written(result);
  return result;
}

} // namespace

CAF_TEST(a stream of a Go Micro client is written again as it was) {
  for (std::string name : streams) {
    auto bytes = capture(name + ".c2s");
    auto messages = requests_in(bytes);
    CAF_REQUIRE(messages.size() > 1);
    client_pipe pipe{http_limits{}};
    CAF_REQUIRE(pipe.open(http_request{messages[0]}));
    for (size_t i = 1; i < messages.size(); ++i) {
      auto last = messages[i].fields.get("Micro-Error");
      if (last)
        pipe.send_last({{"Micro-Error", *last}});
      else
        pipe.send(messages[i].body);
    }
    CAF_CHECK_EQUAL(name + written(pipe), name + with_lengths(bytes));
  }
}

CAF_TEST(a stream of a Go Micro server is read alike at every slicing) {
  for (std::string name : streams) {
    auto bytes = capture(name + ".s2c");
    auto messages = split_messages(bytes);
    CAF_REQUIRE(!messages.empty());
    at_every_slice_size(bytes, [&](size_t size) {
      auto pipe = opened();
      feed(pipe, bytes, size);
      for (const auto& message : messages) {
        http_response got;
        CAF_REQUIRE(pipe.next(got));
        CAF_REQUIRE_EQUAL(got.status, 200);
        CAF_REQUIRE_EQUAL(got.body, message.body);
        CAF_REQUIRE_EQUAL(got.fields.get_or("Micro-Error", "(none)"),
                          field_of(message.head, "Micro-Error"));
      }
      http_response none;
      CAF_REQUIRE(!pipe.next(none));
      CAF_REQUIRE(!pipe.failure());
    });
  }
}

CAF_TEST(messages of a server look like those of Go Micro but for the echo) {
  server_session session{http_limits{}};
  session.send({{"Content-Type", "application/protobuf"}, {"Micro-Id", "0"}}, "\b\1");
  session.send({{"Micro-Error", "EOS"}, {"Micro-Id", "0"}}, {});
  CAF_CHECK_EQUAL(written(session),
                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                  "Content-Type: application/protobuf\r\nMicro-Id: 0\r\n\r\n\b\1"
                  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                  "Micro-Error: EOS\r\nMicro-Id: 0\r\n\r\n");
}

CAF_TEST(a large message of a server is not cut) {
  server_session session{http_limits{}};
  std::string body(100'000, 'x');
  session.send({}, body);
  auto messages = split_messages(written(session));
  CAF_REQUIRE_EQUAL(messages.size(), 1u);
  CAF_CHECK(messages[0].body == body);
}

CAF_TEST(requests without answers do not disturb the order of the others) {
  for (auto late : {false, true}) {
    server_session session{http_limits{}};
    for (auto name : {"a", "b", "c", "d", "e"})
      session.receive(text_of(post(name, {})));
    auto requests = requests_of(session);
    CAF_REQUIRE_EQUAL(requests.size(), 5u);
    if (!late)
      for (auto i : {1, 2, 4})
        session.forgo(requests[static_cast<size_t>(i)].sequence);
    session.respond(requests[3].sequence, response("fourth"));
    session.send({}, "message");
    if (late)
      for (auto i : {4, 2, 1})
        session.forgo(requests[static_cast<size_t>(i)].sequence);
    session.respond(requests[0].sequence, response("first"));
    std::vector<std::string> bodies;
    for (auto& x : split_messages(written(session)))
      bodies.push_back(x.body);
    CAF_CHECK_EQUAL(bodies, (std::vector<std::string>{"message", "first", "fourth"}));
    CAF_CHECK_EQUAL(session.unanswered(), 0u);
    CAF_CHECK(session.state() == phase::idle);
  }
}

CAF_TEST(requests without answers make room for more) {
  http_limits limits;
  limits.pipelined_requests = 2;
  server_session session{limits};
  std::string all;
  for (int i = 0; i < 5; ++i)
    all += text_of(post("a", std::to_string(i)));
  session.receive(all);
  std::string seen;
  for (numbered_request next; session.next(next);) {
    seen += next.request.body;
    session.forgo(next.sequence);
  }
  CAF_CHECK_EQUAL(seen, "01234");
  CAF_CHECK(written(session).empty());
}

CAF_TEST(a session that is held reads nothing until it is let go) {
  server_session session{http_limits{}};
  session.receive(text_of(post("a", "one")));
  CAF_CHECK_EQUAL(requests_of(session).size(), 1u);
  session.hold(true);
  CAF_CHECK(!session.wants_input());
  session.receive(text_of(post("a", "two")) + text_of(post("a", "three")));
  CAF_CHECK(requests_of(session).empty());
  CAF_CHECK(session.state() == phase::handling);
  session.hold(false);
  auto rest = requests_of(session);
  CAF_REQUIRE_EQUAL(rest.size(), 2u);
  CAF_CHECK_EQUAL(rest[0].request.body + rest[1].request.body, "twothree");
}

CAF_TEST(a session that is closed ends behind what was written) {
  server_session session{http_limits{}};
  session.receive(text_of(post("a", {})) + text_of(post("b", {})));
  auto requests = requests_of(session);
  session.send({}, "message");
  session.close();
  CAF_CHECK(!session.finished());
  session.send({}, "too late");
  session.respond(requests[0].sequence, response("too late"));
  CAF_CHECK_EQUAL(split_messages(written(session)).size(), 1u);
  CAF_CHECK(session.finished());
  session.receive(text_of(post("c", {})));
  CAF_CHECK(requests_of(session).empty());
}

CAF_TEST(what can not stand in a request line opens no pipe) {
  client_pipe pipe{http_limits{}};
  auto request = stream_request();
  request.target = "/ /";
  auto ok = pipe.open(std::move(request));
  CAF_REQUIRE(!ok);
  CAF_CHECK_EQUAL(ok.error().reason, errc::invalid_argument);
  CAF_CHECK(written(pipe).empty());
}

CAF_TEST(the last message has its field where Go has it) {
  auto pipe = opened();
  pipe.send_last({{"Micro-Error", "EOS"}});
  CAF_CHECK_EQUAL(written(pipe), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
                                 "Micro-Error: EOS\r\nMicro-Stream: 7\r\n\r\n");
}

CAF_TEST(a connection that ends too early is a failure behind what came) {
  auto pipe = opened();
  pipe.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  pipe.receive_eof();
  http_response got;
  CAF_REQUIRE(pipe.next(got));
  CAF_CHECK_EQUAL(got.body, "hi");
  CAF_CHECK_EQUAL(pipe.failure().reason, errc::connection_lost);
  CAF_CHECK_EQUAL(pipe.failure().detail,
                  "the peer closed before the end of the stream");
  auto cut = opened();
  cut.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh");
  cut.receive_eof();
  CAF_CHECK_EQUAL(cut.failure().detail, "the peer closed within a message");
}

CAF_TEST(what breaks the protocol or a limit is a failure) {
  auto broken = opened();
  broken.receive("HTTP/1.1 200 OK\n");
  CAF_CHECK_EQUAL(broken.failure().reason, errc::protocol_error);
  http_limits limits;
  limits.body_bytes = 3;
  auto large = opened(limits);
  large.receive("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  CAF_CHECK_EQUAL(large.failure().reason, errc::limit_exceeded);
  auto closed = opened();
  closed.receive("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na");
  http_response got;
  CAF_CHECK(closed.next(got));
  CAF_CHECK_EQUAL(closed.failure().reason, errc::connection_lost);
}

CAF_TEST(records are taken apart as they were made) {
  auto records = make_record("one") + make_record("") + make_record("three");
  std::string_view rest = records;
  std::string_view body;
  CAF_REQUIRE(next_record(rest, body));
  CAF_CHECK_EQUAL(body, "one");
  CAF_REQUIRE(next_record(rest, body));
  CAF_CHECK_EQUAL(body, "");
  CAF_REQUIRE(next_record(rest, body));
  CAF_CHECK_EQUAL(body, "three");
  CAF_CHECK(!next_record(rest, body));
  CAF_CHECK(rest.empty());
  // What is cut is none.
  for (size_t size = 1; size < make_record("one").size(); ++size) {
    rest = std::string_view{records}.substr(0, size);
    CAF_CHECK(!next_record(rest, body));
    CAF_CHECK_EQUAL(rest.size(), size);
  }
}

CAF_TEST(a stream is told of bytes when all of its piece has left) {
  departures out;
  std::string told;
  auto tell = [&told](uint64_t stream, size_t bytes) {
    told += std::to_string(stream) + ":" + std::to_string(bytes) + ";";
  };
  // 10 bytes of others, then 7 as 27 on the wire, then 5 as 20.
  out.add(1, 7, 37);
  out.add(2, 5, 57);
  out.sent(36, tell);
  CAF_CHECK_EQUAL(told, "");
  out.sent(1, tell);
  CAF_CHECK_EQUAL(told, "1:7;");
  out.add(1, 3, 40);
  out.sent(40, tell);
  CAF_CHECK_EQUAL(told, "1:7;2:5;1:3;");
}

CAF_TEST(a flow holds its peer at one bound and its writer at the other) {
  message_flow flow{10, 20};
  flow.came(9);
  CAF_CHECK(!flow.held());
  flow.came(1);
  CAF_CHECK(flow.held());
  flow.taken(1);
  CAF_CHECK(!flow.held());
  flow.wrote(19);
  CAF_CHECK(!flow.left(19));
  flow.wrote(30);
  CAF_CHECK(!flow.left(20));
  CAF_CHECK(flow.left(1));
  CAF_CHECK(!flow.left(1));
}
