#define CAF_SUITE http2_server

#include "net/io/http2_fixture.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

const std::string offer = "Connection: Upgrade, HTTP2-Settings\r\n"
                          "Upgrade: h2c\r\n"
                          "HTTP2-Settings: AAMAAABkAAQAAP__\r\n";

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_server_tests, http2_fixture)

  CAF_TEST(the preface makes it HTTP2 wherever it is cut) {
    start();
    for (size_t cut = 1; cut < 60; ++cut) {
      auto id = static_cast<int64_t>(100 + cut);
      http2_peer other;
      connect(id);
      auto stream = other.ask("/a");
      auto bytes = other.output();
      receive(id, bytes.substr(0, cut));
      receive(id, bytes.substr(std::min(cut, bytes.size())));
      other.receive(sent(id));
      CAF_CHECK_EQUAL(other.body(stream), "/a");
      peer_closes(id);
    }
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(many requests at once are answered on their streams) {
    start();
    dial(c1, peer);
    std::vector<int32_t> streams;
    for (int i = 0; i < 50; ++i)
      streams.push_back(peer.ask("/" + std::to_string(i), i % 2 ? "body" : ""));
    talk(c1, peer);
    for (int i = 0; i < 50; ++i)
      CAF_CHECK_EQUAL(peer.body(streams[i]),
                      "/" + std::to_string(i) + (i % 2 ? "body" : ""));
    CAF_CHECK_EQUAL(stats().requests, 50u);
  }

  CAF_TEST(answers leave when they are given) {
    start();
    dial(c1, peer);
    auto first = peer.ask("/later/1");
    auto second = peer.ask("/later/2", "body");
    talk(c1, peer);
    auto one = taken();
    auto two = taken();
    CAF_CHECK_EQUAL(two.sequence, static_cast<uint64_t>(second));
    send_reply(two, text_response("two"));
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.body(second), "two");
    CAF_CHECK(!peer.of[first].answered);
    send_reply(one, text_response("one"));
    send_reply(one, text_response("again"));
    send_reply({one.connection, 77}, text_response("never asked"));
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.body(first), "one");
  }

  CAF_TEST(a request that its peer resets is abandoned alone) {
    start();
    dial(c1, peer);
    auto first = peer.ask("/later/1");
    auto second = peer.ask("/later/2");
    talk(c1, peer);
    peer.session.reset(first, reset_reason::cancel);
    talk(c1, peer);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    send_reply(taken(), text_response("too late"));
    send_reply(taken(), text_response("two"));
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.body(second), "two");
    CAF_CHECK_EQUAL(stats().open, 1u);
  }

  CAF_TEST(a handler that throws answers 500 on its stream) {
    start();
    dial(c1, peer);
    auto bad = peer.ask("/throw");
    auto good = peer.ask("/a");
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.of[bad].response.status, 500);
    CAF_CHECK(contains(peer.body(bad), "as asked"));
    CAF_CHECK_EQUAL(peer.body(good), "/a");
  }

  CAF_TEST(a peer that does not read its socket is still heard and reset in the end) {
    start();
    dial(c1, peer);
    sockets->peers[c1].stalled = true;
    for (int i = 0; i < 20; ++i)
      peer.ask("/a");
    receive(c1, peer.output());
    CAF_CHECK(reading(c1));
    CAF_CHECK_EQUAL(stats().requests, 20u);
    for (int i = 0; i < 20; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_aborted(c1));
    CAF_CHECK_EQUAL(stats().open, 0u);
  }

  CAF_TEST(what breaks HTTP2 ends its connection and is told once) {
    start();
    http2_peer other;
    dial(c1, peer);
    dial(c2, other);
    peer.ask("/later");
    talk(c1, peer);
    // DATA on stream 0.
    receive(c1, std::string{"\0\0\x01\0\0\0\0\0\0x", 10});
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_REQUIRE_EQUAL(reports.size(), 1u);
    CAF_CHECK(contains(reports[0], "HTTP/2 from peer:11: "));
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    CAF_CHECK_EQUAL(stats().refused, 1u);
    CAF_CHECK_EQUAL(ask(c2, other, "/a"), "/a");
  }

  CAF_TEST(draining ends what is idle and lets streams go on) {
    start();
    http2_peer idle;
    dial(c1, peer);
    dial(c2, idle);
    auto later = peer.ask("/later");
    auto stream = peer.open("/stream");
    talk(c1, peer);
    drain();
    talk(c1, peer);
    talk(c2, idle);
    CAF_CHECK(idle.session.closing());
    CAF_CHECK(sockets->was_half_closed(c2));
    peer_closes(c2);
    CAF_CHECK(peer.session.closing());
    CAF_CHECK(!sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(drained(), -1);
    send_reply(taken(), text_response("done"));
    log(0).to.data("more");
    log(0).to.end();
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.body(later), "done");
    CAF_CHECK_EQUAL(peer.of[stream].data, "more");
    CAF_CHECK(peer.of[stream].ended);
    CAF_CHECK(sockets->was_half_closed(c1));
    peer_closes(c1);
    CAF_CHECK_EQUAL(drained(), 1);
  }

  CAF_TEST(an idle connection is closed when its time is over and not before) {
    http2.ping_time = 0ms;
    start();
    dial(c1, peer);
    CAF_CHECK_EQUAL(ask(c1, peer, "/a"), "/a");
    for (int i = 0; i < 39; ++i)
      advance(1s);
    CAF_CHECK(!sockets->was_half_closed(c1));
    for (int i = 0; i < 12; ++i) {
      advance(1s);
      talk(c1, peer);
    }
    CAF_CHECK(peer.session.closing());
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK(reports.empty());
  }

  CAF_TEST(a peer that does not answer a PING is gone) {
    http2.ping_time = 10s;
    http2.ping_timeout = 4s;
    start();
    dial(c1, peer);
    peer.ask("/later");
    talk(c1, peer);
    for (int i = 0; i < 20; ++i)
      advance(1s);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(reports.size(), 1u);
  }

  CAF_TEST(a preface that never ends has the time of a header) {
    start();
    connect(c1);
    receive(c1, "PRI * HTTP/2.0\r\n");
    for (int i = 0; i < 13; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_half_closed(c1));
  }

  CAF_TEST(an upgrade from HTTP1 goes on as stream 1) {
    start();
    connect(c1);
    auto request = "GET /a HTTP/1.1\r\nHost: x\r\n" + offer + "\r\n";
    receive(c1, request);
    auto answer = sent(c1);
    const std::string switching = "HTTP/1.1 101 Switching Protocols\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Upgrade: h2c\r\n\r\n";
    CAF_REQUIRE_EQUAL(answer.substr(0, switching.size()), switching);
    // SETTINGS come first, then the answer on stream 1.
    CAF_CHECK_EQUAL(answer[switching.size() + 3], 4);
    CAF_CHECK(contains(answer.substr(switching.size()), "/a"));
    // The client's own session would have to know stream 1; frames do as well.
    receive(c1, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    receive(c1, std::string{"\0\0\0\x04\0\0\0\0\0", 9});
    receive(c1, std::string{"\0\0\x08\x06\0\0\0\0\0pingpong", 17});
    CAF_CHECK(contains(sent(c1), std::string{"\0\0\x08\x06\x01\0\0\0\0pingpong", 17}));
    CAF_CHECK_EQUAL(stats().requests, 1u);
    CAF_CHECK(reports.empty());
  }

  CAF_TEST(an upgrade that is answered later is answered in HTTP2) {
    start();
    connect(c1);
    receive(c1, "GET /later HTTP/1.1\r\nHost: x\r\n" + offer + "\r\n");
    CAF_CHECK(contains(sent(c1), "HTTP/1.1 101 "));
    send_reply(taken(), text_response("at last"));
    auto answer = sent(c1);
    CAF_CHECK(contains(answer, "at last"));
    CAF_CHECK(!contains(answer, "HTTP/1.1"));
  }

  CAF_TEST(an upgrade with broken settings is refused) {
    start();
    connect(c1);
    receive(c1, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                "Upgrade: h2c\r\nHTTP2-Settings: A*A\r\n\r\n");
    auto answer = sent(c1);
    CAF_CHECK(contains(answer, "HTTP/1.1 400 "));
    CAF_CHECK(contains(answer, "HTTP2-Settings"));
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(stats().requests, 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
