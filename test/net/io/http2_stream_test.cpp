#define CAF_SUITE http2_streams

#include "net/io/http2_fixture.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(http2_stream_tests, http2_fixture)

  CAF_TEST(a peer that leaves abandons every request and resets every stream) {
    start();
    dial(c1, peer);
    peer.ask("/later/1");
    auto stream = peer.open("/stream");
    talk(c1, peer);
    CAF_CHECK(stream > 0);
    sockets->peers[c1].half_open = true;
    peer_closes(c1);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    CAF_CHECK_EQUAL(log(0).reset.reason, errc::connection_lost);
    CAF_CHECK(log(0).destroyed);
    CAF_CHECK_EQUAL(stats().open, 0u);
    // What comes later finds nobody.
    log(0).to.data("nobody hears");
    send_reply(taken(), text_response("nobody hears"));
    settle();
  }

  CAF_TEST(a stream is answered from within its callbacks) {
    start();
    dial(c1, peer);
    auto stream = peer.open("/stream/echo");
    talk(c1, peer);
    CAF_CHECK(peer.of[stream].answered);
    for (auto piece : {"one ", "two ", "three"}) {
      peer.session.data(stream, piece);
      talk(c1, peer);
    }
    CAF_CHECK_EQUAL(peer.of[stream].data, "one two three");
    CAF_CHECK(!peer.of[stream].ended);
    peer.session.end(stream);
    talk(c1, peer);
    CAF_CHECK(peer.of[stream].ended);
    CAF_CHECK_EQUAL(peer.of[stream].trailers.get_or("bytes", ""), "13");
    CAF_CHECK_EQUAL(peer.of[stream].data, "one two three");
    CAF_CHECK(log(0).destroyed);
    CAF_CHECK(!log(0).reset);
    CAF_CHECK_EQUAL(stats().requests, 1u);
  }

  CAF_TEST(a stream is answered from elsewhere) {
    start();
    dial(c1, peer);
    auto stream = peer.open("/stream");
    peer.session.data(stream, "question");
    peer.session.end(stream);
    talk(c1, peer);
    CAF_CHECK_EQUAL(log(0).data, "question");
    CAF_CHECK(log(0).ended);
    CAF_CHECK(!log(0).destroyed);
    auto to = log(0).to;
    to.data("first, ");
    to.data("second");
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.of[stream].data, "first, second");
    to.end({{"status", "0"}});
    talk(c1, peer);
    CAF_CHECK(peer.of[stream].ended);
    CAF_CHECK(log(0).destroyed);
  }

  CAF_TEST(a stream that its peer resets is told so and let go) {
    start();
    dial(c1, peer);
    auto stream = peer.open("/stream");
    talk(c1, peer);
    CAF_CHECK(!log(0).destroyed);
    peer.session.reset(stream, reset_reason::cancel);
    talk(c1, peer);
    CAF_CHECK_EQUAL(log(0).reset.reason, errc::cancelled);
    CAF_CHECK(log(0).destroyed);
    CAF_CHECK_EQUAL(handler->abandoned(), 0u);
  }

  CAF_TEST(a stream that we reset hears nothing more) {
    start();
    dial(c1, peer);
    auto stream = peer.open("/stream");
    talk(c1, peer);
    log(0).to.reset(reset_reason::refused_stream);
    talk(c1, peer);
    CAF_CHECK_EQUAL(peer.of[stream].failure.reason, errc::connection_failed);
    CAF_CHECK(log(0).destroyed);
    CAF_CHECK(!log(0).reset);
  }

  CAF_TEST(a receiver that throws loses its stream alone) {
    start();
    dial(c1, peer);
    auto bad = peer.open("/stream/throw");
    auto worse = peer.open("/stream/refuse");
    auto good = peer.open("/stream/echo");
    for (auto stream : {bad, worse, good})
      peer.session.data(stream, "x");
    talk(c1, peer);
    CAF_CHECK(peer.of[bad].failure);
    CAF_CHECK(peer.of[worse].failure);
    CAF_CHECK(!peer.of[good].failure);
    CAF_CHECK_EQUAL(peer.of[good].data, "x");
    CAF_CHECK(log(0).destroyed);
    CAF_CHECK_EQUAL(stats().open, 1u);
  }

  CAF_TEST(a window opens when the receiver says so) {
    http2.stream_window_bytes = 1000;
    start();
    dial(c1, peer);
    auto stream = peer.open("/stream/slow");
    peer.session.data(stream, std::string(5000, 'x'));
    talk(c1, peer);
    CAF_CHECK_EQUAL(log(0).data.size(), 1000u);
    CAF_CHECK(reading(c1));
    // Another one is not held up.
    CAF_CHECK_EQUAL(ask(c1, peer, "/a"), "/a");
    log(0).to.consumed(1000);
    talk(c1, peer);
    CAF_CHECK_EQUAL(log(0).data.size(), 2000u);
    CAF_CHECK_EQUAL(peer.of[stream].written, 2000u);
  }

  CAF_TEST(a slow reader makes its writer wait) {
    start();
    http2_limits small;
    small.stream_window_bytes = 1000;
    http2_peer slow{small};
    slow.greedy = false;
    dial(c1, slow);
    auto stream = slow.open("/stream");
    talk(c1, slow);
    log(0).to.data(std::string(http2.stream_output_bytes + 1000, 'x'));
    talk(c1, slow);
    CAF_CHECK_EQUAL(slow.of[stream].data.size(), 1000u);
    CAF_CHECK_EQUAL(log(0).writable, 0);
    CAF_CHECK_EQUAL(log(0).written, 1000u);
    CAF_CHECK(reading(c1));
    slow.greedy = true;
    slow.session.consumed(stream, 1000);
    talk(c1, slow);
    CAF_CHECK_EQUAL(slow.of[stream].data.size(), http2.stream_output_bytes + 1000);
    CAF_CHECK_EQUAL(log(0).writable, 1);
    CAF_CHECK_EQUAL(log(0).written, http2.stream_output_bytes + 1000);
  }

  CAF_TEST(draining resets at its limit the streams that would not end) {
    start();
    dial(c1, peer);
    peer.open("/stream");
    talk(c1, peer);
    drain(7s);
    talk(c1, peer);
    advance(8s);
    CAF_CHECK_EQUAL(drained(), 0);
    CAF_CHECK_EQUAL(log(0).reset.reason, errc::connection_lost);
    CAF_CHECK(log(0).destroyed);
  }

  CAF_TEST(a stream that is open keeps its connection) {
    start();
    dial(c1, peer);
    peer.open("/stream");
    talk(c1, peer);
    for (int i = 0; i < 200; ++i) {
      advance(1s);
      talk(c1, peer);
    }
    CAF_CHECK(!sockets->was_half_closed(c1));
    CAF_CHECK(!log(0).reset);
  }

  CAF_TEST(the end of a listener resets streams) {
    start();
    dial(c1, peer);
    peer.open("/stream");
    talk(c1, peer);
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    settle();
    CAF_CHECK(sockets->was_aborted(c1));
    CAF_CHECK(log(0).reset);
    CAF_CHECK(log(0).destroyed);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
