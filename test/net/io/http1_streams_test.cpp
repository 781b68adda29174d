#define CAF_SUITE http1_streams

#include "net/io/server_fixture.hpp"

#include "io/message_records.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

/// A message of a client on stream `name`.
std::string post(std::string_view name, std::string_view body,
                 std::string_view target = "/stream", std::string_view error = {}) {
  std::string result = "POST ";
  result += target;
  result += " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size());
  result += "\r\nMicro-Id: ";
  result += name;
  result += "\r\nMicro-Stream: ";
  result += name;
  if (!error.empty()) {
    result += "\r\nMicro-Error: ";
    result += error;
  }
  result += "\r\n\r\n";
  result += body;
  return result;
}

std::string eos(std::string_view name) {
  return post(name, {}, "/", "EOS");
}

/// A message of the server, whose head says text/plain.
std::string said(std::string_view body) {
  return ok(std::string{body});
}

std::string last(std::string_view fields) {
  return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + std::string{fields} + "\r\n";
}

struct fixture : server_fixture {
  void begin() {
    start();
    connect(c1);
  }

  server_stream_log& log(size_t i) {
    CAF_REQUIRE(i < handler->streams.size());
    return *handler->streams[i];
  }

  size_t streams() {
    return handler->streams.size();
  }

  /// The messages that the handler of stream `i` got.
  std::vector<std::string> heard(size_t i) {
    std::vector<std::string> result;
    std::string_view rest = log(i).data;
    for (std::string_view body; next_record(rest, body);)
      result.emplace_back(body);
    CAF_CHECK(rest.empty());
    return result;
  }
};

using strings = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(http1_streams_tests, fixture)

  CAF_TEST(messages go to and fro until both sides have said the end) {
    begin();
    receive(c1, post("0", "open", "/stream/echo"));
    CAF_REQUIRE_EQUAL(streams(), 1u);
    CAF_CHECK_EQUAL(sent(c1), "");
    receive(c1, post("0", "one"));
    CAF_CHECK_EQUAL(sent(c1), said("one"));
    receive(c1, post("0", "") + post("0", "three"));
    CAF_CHECK_EQUAL(sent(c1), said("") + said("three"));
    CAF_CHECK_EQUAL(heard(0), (strings{"one", "", "three"}));
    receive(c1, eos("0"));
    CAF_CHECK(log(0).ended);
    CAF_CHECK_EQUAL(log(0).trailers.get_or("Micro-Error", ""), "EOS");
    CAF_CHECK_EQUAL(sent(c1), last("bytes: 23\r\n"));
    CAF_CHECK(log(0).destroyed);
    CAF_CHECK(!log(0).reset);
    CAF_CHECK_EQUAL(stats().requests, 1u);
    CAF_CHECK(open(c1));
  }

  CAF_TEST(streams and calls share a connection) {
    begin();
    receive(c1, post("1", "", "/stream/echo") + post("2", "", "/stream/echo"));
    CAF_REQUIRE_EQUAL(streams(), 2u);
    receive(c1, post("2", "b") + get("/call") + post("1", "a"));
    CAF_CHECK_EQUAL(sent(c1), said("b") + ok("/call") + said("a"));
    CAF_CHECK_EQUAL(heard(0), (strings{"a"}));
    CAF_CHECK_EQUAL(heard(1), (strings{"b"}));
    // A call that is answered late does not hold up a stream.
    receive(c1, get("/later") + post("1", "c"));
    CAF_CHECK_EQUAL(sent(c1), said("c"));
    send_reply(taken(), text_response("late"));
    CAF_CHECK_EQUAL(sent(c1), ok("late"));
    CAF_CHECK_EQUAL(stats().requests, 4u);
  }

  CAF_TEST(a stream is answered from elsewhere) {
    begin();
    receive(c1, post("0", ""));
    auto to = log(0).to;
    to.data(make_record("one") + make_record("two"));
    CAF_CHECK_EQUAL(sent(c1), said("one") + said("two"));
    CAF_CHECK_EQUAL(log(0).written, 2 * 8u);
    to.end({{"Micro-Error", "EOS"}});
    CAF_CHECK_EQUAL(sent(c1), last("Micro-Error: EOS\r\n"));
    CAF_CHECK(log(0).destroyed);
    to.data(make_record("too late"));
    to.end();
    CAF_CHECK_EQUAL(sent(c1), "");
  }

  CAF_TEST(what a client sends behind the end of the server opens no stream) {
    begin();
    receive(c1, post("0", ""));
    log(0).to.end({{"Micro-Error", "EOS"}});
    sent(c1);
    receive(c1, post("0", "still there?") + post("0", "hello?") + eos("0"));
    CAF_CHECK_EQUAL(streams(), 1u);
    CAF_CHECK_EQUAL(sent(c1), "");
    // Now both have said it, and the name is free.
    receive(c1, post("0", "", "/stream/echo") + post("0", "again"));
    CAF_REQUIRE_EQUAL(streams(), 2u);
    CAF_CHECK_EQUAL(sent(c1), said("again"));
  }

  CAF_TEST(the end of a stream that nobody knows is no news) {
    begin();
    receive(c1, eos("9"));
    CAF_CHECK_EQUAL(sent(c1), "");
    CAF_CHECK_EQUAL(streams(), 0u);
    CAF_CHECK(open(c1));
  }

  CAF_TEST(what comes behind the end of the client is dropped) {
    begin();
    receive(c1, post("0", "") + post("0", "one") + eos("0") + post("0", "two"));
    CAF_CHECK_EQUAL(heard(0), (strings{"one"}));
    CAF_CHECK_EQUAL(streams(), 1u);
  }

  CAF_TEST(a request that the handler takes for a call is answered as one) {
    begin();
    receive(c1, post("0", "body", "/call"));
    CAF_CHECK_EQUAL(sent(c1), ok("/callbody"));
    CAF_CHECK_EQUAL(stats().requests, 1u);
  }

  CAF_TEST(a client that leaves resets its streams) {
    begin();
    receive(c1, post("0", "") + post("1", "") + eos("1"));
    peer_closes(c1);
    for (size_t i : {0u, 1u}) {
      CAF_CHECK_EQUAL(log(i).reset.reason, errc::connection_lost);
      CAF_CHECK(log(i).destroyed);
    }
    CAF_CHECK_EQUAL(stats().open, 0u);
    log(0).to.data(make_record("nobody hears"));
    settle();
  }

  CAF_TEST(a client that closes its direction has left its streams) {
    begin();
    sockets->peers[c1].half_open = true;
    receive(c1, post("0", "") + get("/later"));
    peer_closes(c1);
    CAF_CHECK_EQUAL(log(0).reset.reason, errc::connection_lost);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
  }

  CAF_TEST(messages that nobody takes stop the reading) {
    limits.stream_input_bytes = 100;
    begin();
    receive(c1, post("0", "", "/stream/slow"));
    receive(c1, post("0", std::string(95, 'x')));
    CAF_CHECK_EQUAL(heard(0).size(), 1u);
    // One read more is taken, and kept.
    receive(c1, post("0", "kept"));
    CAF_CHECK_EQUAL(heard(0).size(), 1u);
    CAF_CHECK(!reading(c1));
    log(0).to.consumed(1);
    settle();
    CAF_CHECK_EQUAL(heard(0).size(), 2u);
    CAF_CHECK(!reading(c1));
    log(0).to.consumed(50);
    settle();
    CAF_CHECK(reading(c1));
    CAF_CHECK_EQUAL(heard(0).size(), 2u);
  }

  CAF_TEST(a client that leaves is noticed although nobody reads) {
    limits.stream_input_bytes = 100;
    begin();
    receive(c1, post("0", "", "/stream/slow"));
    receive(c1, post("0", std::string(95, 'x')));
    receive(c1, post("0", "kept"));
    CAF_CHECK(!reading(c1));
    for (int i = 0; i < 3; ++i)
      advance(1s);
    CAF_CHECK(!log(0).reset);
    sockets->peers[c1].left = true;
    for (int i = 0; i < 3; ++i)
      advance(1s);
    CAF_CHECK_EQUAL(log(0).reset.reason, errc::connection_lost);
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(a client that is owed an answer may close its direction) {
    limits.pipelined_requests = 1;
    begin();
    receive(c1, get("/later"));
    receive(c1, get("/call"));
    CAF_CHECK(!reading(c1));
    sockets->peers[c1].left = true;
    for (int i = 0; i < 3; ++i)
      advance(1s);
    send_reply(taken(), text_response("late"));
    CAF_CHECK_EQUAL(sent(c1), ok("late") + ok("/call"));
  }

  CAF_TEST(the end of a stream that nobody read lets the others go on) {
    limits.stream_input_bytes = 100;
    begin();
    receive(c1, post("0", "", "/stream/slow") + post("1", "", "/stream/echo"));
    receive(c1, post("0", std::string(95, 'x')));
    receive(c1, post("1", "a"));
    CAF_CHECK_EQUAL(sent(c1), "");
    log(0).to.end({{"Micro-Error", "EOS"}});
    CAF_CHECK_EQUAL(sent(c1), last("Micro-Error: EOS\r\n") + said("a"));
  }

  CAF_TEST(a writer waits for a client that does not read) {
    http2.stream_output_bytes = 100;
    begin();
    receive(c1, post("0", ""));
    sockets->peers[c1].stalled = true;
    log(0).to.data(make_record(std::string(95, 'x')));
    settle();
    CAF_CHECK_EQUAL(log(0).written, 0u);
    sockets->peers[c1].stalled = false;
    sockets->make_writable(c1);
    settle();
    CAF_CHECK_EQUAL(log(0).written, 100u);
    CAF_CHECK_EQUAL(log(0).writable, 1);
  }

  CAF_TEST(too many streams are refused until one has ended) {
    limits.connection_streams = 2;
    begin();
    receive(c1, post("0", "") + post("1", "") + post("2", ""));
    CAF_CHECK_EQUAL(streams(), 2u);
    auto refusal = sent(c1);
    CAF_CHECK(contains(refusal, "\"code\":503,\"detail\":\"2 streams are open on this "
                                "connection (http_limits::connection_streams)\""));
    CAF_CHECK(contains(refusal, "Micro-Id: 2\r\n"));
    log(0).to.end({{"Micro-Error", "EOS"}});
    settle();
    receive(c1, post("3", ""));
    CAF_CHECK_EQUAL(streams(), 3u);
  }

  CAF_TEST(a connection with a stream has no idle time) {
    begin();
    receive(c1, post("0", ""));
    for (int i = 0; i < 20; ++i)
      advance(20s);
    CAF_CHECK(open(c1));
    log(0).to.end({{"Micro-Error", "EOS"}});
    settle();
    for (int i = 0; i < 4; ++i)
      advance(20s);
    CAF_CHECK(sockets->was_half_closed(c1));
  }

  CAF_TEST(a listener that drains lets streams end and takes no new ones) {
    begin();
    receive(c1, post("0", "", "/stream/echo"));
    drain(100s);
    receive(c1, post("0", "one"));
    CAF_CHECK_EQUAL(sent(c1), said("one"));
    receive(c1, post("1", ""));
    CAF_CHECK_EQUAL(streams(), 1u);
    CAF_CHECK(contains(sent(c1), "the service is being stopped"));
    receive(c1, eos("0"));
    CAF_CHECK_EQUAL(sent(c1), last("bytes: 8\r\n"));
    CAF_CHECK(sockets->was_half_closed(c1));
    peer_closes(c1);
    CAF_CHECK_EQUAL(drained(), 1);
  }

  CAF_TEST(a receiver that throws ends the connection) {
    begin();
    receive(c1, post("0", "", "/stream/throw") + post("0", "x"));
    CAF_CHECK(sockets->was_half_closed(c1));
    receive(c1, get("/call"));
    CAF_CHECK_EQUAL(sent(c1), "");
    peer_closes(c1);
    CAF_CHECK(log(0).destroyed);
  }

  CAF_TEST(a handler that throws at the opening ends the connection) {
    begin();
    receive(c1, post("0", "", "/stream/refuse"));
    CAF_CHECK_EQUAL(sent(c1), "");
    CAF_CHECK(sockets->was_half_closed(c1));
  }

  CAF_TEST(a reset ends the connection and all its streams) {
    begin();
    receive(c1, post("0", "") + post("1", ""));
    log(0).to.reset(reset_reason::cancel);
    settle();
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK(!log(0).reset);
    peer_closes(c1);
    CAF_CHECK_EQUAL(log(1).reset.reason, errc::connection_lost);
    CAF_CHECK(log(1).destroyed);
  }

  CAF_TEST(broken bytes on a stream are answered and reset it) {
    begin();
    receive(c1, post("0", "") + "nonsense\r\n\r\n");
    CAF_CHECK(contains(sent(c1), "HTTP/1.1 400 Bad Request"));
    peer_closes(c1);
    CAF_CHECK_EQUAL(log(0).reset.reason, errc::connection_lost);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
