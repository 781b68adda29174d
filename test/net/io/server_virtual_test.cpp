#define CAF_SUITE server_connection

#include "net/io/server_fixture.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(server_connection_tests, server_fixture)

  CAF_TEST(a request is answered wherever it is cut) {
    start();
    auto request = get("/a");
    for (size_t cut = 1; cut < request.size(); ++cut) {
      auto id = static_cast<int64_t>(100 + cut);
      connect(id);
      receive(id, request.substr(0, cut));
      CAF_CHECK_EQUAL(sent(id), "");
      receive(id, request.substr(cut));
      CAF_CHECK_EQUAL(sent(id), ok("/a"));
      peer_closes(id);
    }
    CAF_CHECK_EQUAL(stats().requests, request.size() - 1);
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(pipelined answers leave in the order of their requests) {
    start();
    connect(c1);
    receive(c1, get("/later/1") + get("/later/2") + get("/now"));
    auto first = taken();
    auto second = taken();
    send_reply(second, text_response("two"));
    CAF_CHECK_EQUAL(sent(c1), "");
    send_reply(first, text_response("one"));
    CAF_CHECK_EQUAL(sent(c1), ok("one") + ok("two") + ok("/now"));
  }

  CAF_TEST(an answer is taken once and only by its own connection) {
    start();
    connect(c1);
    connect(c2);
    receive(c1, get("/later"));
    auto from = taken();
    send_reply(from, text_response("one"));
    send_reply(from, text_response("again"));
    send_reply({from.connection, 77}, text_response("never asked"));
    CAF_CHECK_EQUAL(sent(c1), ok("one"));
    CAF_CHECK_EQUAL(sent(c2), "");
  }

  CAF_TEST(a reply to any other actor is a message) {
    send_reply({caf::actor_cast<caf::actor>(self.ptr()), 5}, text_response("hello"));
    self->receive([](uint64_t sequence, http_response& response) {
      CAF_CHECK_EQUAL(sequence, 5u);
      CAF_CHECK_EQUAL(response.body, "hello");
    });
  }

  CAF_TEST(a handler that throws answers 500 and the connection goes on) {
    start();
    connect(c1);
    receive(c1, get("/throw") + get("/a"));
    auto out = sent(c1);
    CAF_CHECK(contains(out, "HTTP/1.1 500 "));
    CAF_CHECK(contains(out, "as asked"));
    CAF_CHECK(contains(out, ok("/a")));
  }

  CAF_TEST(an idle connection is closed when its time is over and not before) {
    start();
    connect(c1);
    receive(c1, get("/a"));
    CAF_CHECK_EQUAL(sent(c1), ok("/a"));
    advance(20s);
    receive(c1, get("/b"));
    CAF_CHECK_EQUAL(sent(c1), ok("/b"));
    for (int i = 0; i < 39; ++i)
      advance(1s);
    CAF_CHECK(!sockets->was_half_closed(c1));
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(sent(c1), "");
    peer_closes(c1);
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(a header has its time from its first byte on) {
    start();
    connect(c1);
    receive(c1, "GET / HTTP/1.1\r\nHost: x\r\n");
    // Dripping buys no time.
    for (int i = 0; i < 9; ++i) {
      advance(1s);
      receive(c1, "X: y\r\n");
    }
    CAF_CHECK_EQUAL(sent(c1), "");
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK(contains(sent(c1), "HTTP/1.1 408 "));
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(stats().refused, 1u);
  }

  CAF_TEST(too few bytes to know the protocol are a header too) {
    start();
    connect(c1);
    receive(c1, "P");
    for (int i = 0; i < 13; ++i)
      advance(1s);
    CAF_CHECK(contains(sent(c1), "HTTP/1.1 408 "));
  }

  CAF_TEST(a body has its time from its last byte on) {
    start();
    connect(c1);
    receive(c1, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 15; ++j)
        advance(1s);
      receive(c1, "x");
    }
    CAF_CHECK_EQUAL(sent(c1), "");
    for (int i = 0; i < 23; ++i)
      advance(1s);
    CAF_CHECK(contains(sent(c1), "HTTP/1.1 408 "));
  }

  CAF_TEST(a request that is being handled has no deadline here) {
    start();
    connect(c1);
    receive(c1, get("/later"));
    for (int i = 0; i < 100; ++i)
      advance(1s);
    send_reply(taken(), text_response("at last"));
    CAF_CHECK_EQUAL(sent(c1), ok("at last"));
  }

  CAF_TEST(what follows a bad request is never answered) {
    start();
    connect(c1);
    receive(c1, "BAD\r\n\r\n" + get("/a"));
    auto out = sent(c1);
    CAF_CHECK(contains(out, "HTTP/1.1 400 "));
    receive(c1, get("/b"));
    CAF_CHECK_EQUAL(sent(c1), "");
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(stats().requests, 0u);
    CAF_CHECK_EQUAL(stats().refused, 1u);
  }

  CAF_TEST(a peer that does not close after us is dropped) {
    start();
    connect(c1);
    receive(c1, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CAF_CHECK_EQUAL(sent(c1), ok("/", true));
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK(open(c1));
    for (int i = 0; i < 7; ++i)
      advance(1s);
    CAF_CHECK(!open(c1));
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(TLS gets a fatal alert) {
    start();
    connect(c1);
    receive(c1, std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11});
    CAF_CHECK_EQUAL(sent(c1), (std::string{"\x15\x03\x01\x00\x02\x02\x46", 7}));
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(stats().refused, 1u);
    CAF_REQUIRE_EQUAL(reports.size(), 1u);
    CAF_CHECK_EQUAL(reports[0],
                    "peer:11 speaks TLS to virtual:80, which has none: dial it "
                    "without, or give the listener a certificate");
  }

  CAF_TEST(a flood of failures is summed up) {
    start();
    for (int64_t id = 100; id < 150; ++id) {
      connect(id);
      receive(id, std::string{"\x16\x03\x01\x02\x00\x01", 6});
      peer_closes(id);
    }
    CAF_CHECK_EQUAL(reports.size(), 10u);
    connect(c1);
    advance(2s);
    CAF_REQUIRE_EQUAL(reports.size(), 11u);
    CAF_CHECK_EQUAL(reports[10], "40 more connections failed in the same second");
  }

  CAF_TEST(a full pipeline stops the reading and answers start it again) {
    limits.pipelined_requests = 2;
    start();
    connect(c1);
    receive(c1, get("/later/1") + get("/later/2"));
    // One more read so that a peer that leaves is noticed.
    CAF_CHECK(reading(c1));
    receive(c1, get("/a"));
    CAF_CHECK(!reading(c1));
    CAF_CHECK_EQUAL(stats().requests, 2u);
    send_reply(taken(), text_response("one"));
    send_reply(taken(), text_response("two"));
    CAF_CHECK_EQUAL(sent(c1), ok("one") + ok("two") + ok("/a"));
    CAF_CHECK(reading(c1));
    receive(c1, get("/b"));
    CAF_CHECK_EQUAL(sent(c1), ok("/b"));
  }

  CAF_TEST(a peer that does not read is reset in the end) {
    start();
    connect(c1);
    sockets->peers[c1].stalled = true;
    receive(c1, get("/a"));
    for (int i = 0; i < 15; ++i)
      advance(1s);
    CAF_CHECK(!sockets->was_aborted(c1));
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_aborted(c1));
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(a peer that reads slowly gets all of it) {
    start();
    connect(c1);
    sockets->peers[c1].stalled = true;
    receive(c1, get("/a"));
    advance(10s);
    sockets->peers[c1].stalled = false;
    sockets->make_writable(c1);
    CAF_CHECK_EQUAL(sent(c1), ok("/a"));
    advance(20s);
    CAF_CHECK(!sockets->was_aborted(c1));
  }

  CAF_TEST(unread output stops the reading) {
    limits.output_bytes = 100;
    start();
    connect(c1);
    sockets->peers[c1].stalled = true;
    receive(c1, get("/a") + get("/b") + get("/c"));
    receive(c1, get("/d"));
    CAF_CHECK(!reading(c1));
    sockets->peers[c1].stalled = false;
    sockets->make_writable(c1);
    CAF_CHECK_EQUAL(sent(c1), ok("/a") + ok("/b") + ok("/c") + ok("/d"));
    CAF_CHECK(reading(c1));
  }

  CAF_TEST(a broken connection ends and its calls are abandoned) {
    start();
    connect(c1);
    receive(c1, get("/later/1") + get("/later/2"));
    sockets->peers[c1].broken = true;
    send_reply(taken(), text_response("one"));
    settle();
    CAF_CHECK_EQUAL(stats().open, 0u);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    send_reply(taken(), text_response("too late"));
    CAF_CHECK_EQUAL(sent(c1), "");
  }

  CAF_TEST(a peer that only ended its direction still gets its answer) {
    start();
    connect(c1);
    sockets->peers[c1].half_open = true;
    receive(c1, get("/later"));
    peer_closes(c1);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    CAF_CHECK_EQUAL(stats().open, 1u);
    send_reply(taken(), text_response("still here"));
    CAF_CHECK_EQUAL(sent(sockets->next_handle), ok("still here", true));
    CAF_CHECK_EQUAL(stats().open, 0u);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
  }

  CAF_TEST(an answer that never comes does not hold a peer that left) {
    start();
    connect(c1);
    sockets->peers[c1].half_open = true;
    receive(c1, get("/later"));
    peer_closes(c1);
    for (int i = 0; i < 39; ++i)
      advance(1s);
    CAF_CHECK_EQUAL(stats().open, 1u);
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK_EQUAL(stats().open, 0u);
    CAF_CHECK(sockets->was_aborted(sockets->next_handle));
  }

  CAF_TEST(a peer that left is told to the handler once per call) {
    start();
    connect(c1);
    receive(c1, get("/later/1") + get("/later/2"));
    peer_closes(c1);
    CAF_CHECK_EQUAL(handler->abandoned(), 2u);
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
