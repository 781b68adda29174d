#define CAF_SUITE listener_time

#include "net/io/server_fixture.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(listener_time_tests, server_fixture)

  CAF_TEST(at the connection limit the acceptor pauses) {
    limits.connections = 2;
    start();
    connect(c1);
    CAF_CHECK(accepting());
    connect(c2);
    CAF_CHECK(!accepting());
    CAF_CHECK_EQUAL(stats().pauses, 1u);
    peer_closes(c1);
    CAF_CHECK(accepting());
    connect(c1 + 10);
    CAF_CHECK(!accepting());
    receive(c1 + 10, get("/a"));
    CAF_CHECK_EQUAL(sent(c1 + 10), ok("/a"));
    CAF_CHECK_EQUAL(stats().accepted, 3u);
  }

  CAF_TEST(without descriptors the acceptor pauses until there are some) {
    start();
    sockets->full = true;
    connect(c1);
    CAF_CHECK(!accepting());
    advance(2s);
    CAF_CHECK(!accepting());
    sockets->full = false;
    advance(2s);
    CAF_CHECK(accepting());
  }

  CAF_TEST(draining without connections is done at once) {
    start();
    drain();
    CAF_CHECK_EQUAL(drained(), 1);
  }

  CAF_TEST(draining answers what is under way with a close) {
    start();
    connect(c1);
    connect(c2);
    receive(c1, get("/later"));
    drain();
    CAF_CHECK_EQUAL(drained(), -1);
    send_reply(taken(), text_response("done"));
    CAF_CHECK_EQUAL(sent(c1), ok("done", true));
    peer_closes(c1);
    // The other one may still be sending its request.
    receive(c2, get("/last"));
    CAF_CHECK_EQUAL(sent(c2), ok("/last", true));
    CAF_CHECK_EQUAL(drained(), -1);
    peer_closes(c2);
    CAF_CHECK_EQUAL(drained(), 1);
  }

  CAF_TEST(draining closes idle connections after a grace period) {
    start();
    connect(c1);
    receive(c1, get("/a"));
    CAF_CHECK_EQUAL(sent(c1), ok("/a"));
    drain();
    for (int i = 0; i < 3; ++i)
      advance(1s);
    CAF_CHECK(!sockets->was_half_closed(c1));
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_half_closed(c1));
    peer_closes(c1);
    CAF_CHECK_EQUAL(drained(), 1);
  }

  CAF_TEST(draining resets at its limit what would not end) {
    start();
    connect(c1);
    receive(c1, get("/later"));
    drain(7s);
    advance(6s);
    CAF_CHECK_EQUAL(drained(), -1);
    advance(1s);
    CAF_CHECK(sockets->was_aborted(c1));
    CAF_CHECK_EQUAL(drained(), 0);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
  }

  CAF_TEST(the end of a listener resets its connections) {
    start();
    connect(c1);
    receive(c1, get("/later"));
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    settle();
    CAF_CHECK(sockets->was_aborted(c1));
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
  }

  CAF_TEST(without connections nothing ticks) {
    start();
    CAF_CHECK(!sched.has_pending_timeout());
    connect(c1);
    CAF_CHECK(sched.has_pending_timeout());
    peer_closes(c1);
    advance(2s);
    CAF_CHECK(!sched.has_pending_timeout());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
