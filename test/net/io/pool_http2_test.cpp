#define CAF_SUITE pool_http2

#include "net/io/pool_http2_fixture.hpp"

#include <algorithm>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

using strings = std::vector<std::string>;

struct fixture : pool_http2_fixture {};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_http2_tests, fixture)

  CAF_TEST(an exchange is answered) {
    start();
    submit("/a", 30s, "body");
    talk();
    CAF_CHECK_EQUAL(answer(), "/abody");
    submit("/b");
    talk();
    CAF_CHECK_EQUAL(answer(), "/b");
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(large bodies travel both ways) {
    start();
    std::string large(1024 * 1024, 'b');
    submit("/", 30s, large);
    talk();
    CAF_CHECK_EQUAL(answer(), "/" + large);
  }

  CAF_TEST(a hundred exchanges share one connection) {
    start();
    for (int i = 0; i < 100; ++i)
      submit("/" + std::to_string(i));
    talk();
    CAF_REQUIRE_EQUAL(answers.size(), 100u);
    for (int i = 0; i < 100; ++i)
      CAF_CHECK_EQUAL(answers[i], "/" + std::to_string(i));
    CAF_CHECK_EQUAL(dials(), 1u);
    CAF_CHECK_EQUAL(peer().requests, 100u);
  }

  CAF_TEST(answers come in any order) {
    start();
    for (auto target : {"/later1", "/b", "/later2"})
      submit(target);
    talk();
    CAF_CHECK_EQUAL(answer(), "/b");
    CAF_REQUIRE_EQUAL(peer().kept.size(), 2u);
    peer().session.respond(peer().kept[1].first, plain_response("two"));
    talk();
    peer().session.respond(peer().kept[0].first, plain_response("one"));
    talk();
    CAF_CHECK_EQUAL(answers, (strings{"two", "one"}));
  }

  CAF_TEST(what begins in one round leaves in one write) {
    start();
    submit("/a");
    talk();
    sockets->writes = 0;
    for (int i = 0; i < 16; ++i)
      submit("/b");
    CAF_CHECK_EQUAL(sockets->writes, 0u);
    settle();
    CAF_CHECK_EQUAL(sockets->writes, 1u);
    talk();
    CAF_CHECK_EQUAL(answers.size(), 17u);
  }

  CAF_TEST(whoever is answered may ask again) {
    start();
    size_t left = 50;
    std::function<void(expected<http_response>)> again =
        [&](expected<http_response> x) {
          answers.push_back(text_of(x));
          if (--left > 0)
            pool.direct->exchange(where, request_for("/again"), in(30s), again);
        };
    pool.direct->exchange(where, request_for("/first"), in(30s), again);
    talk();
    CAF_CHECK_EQUAL(answers.size(), 50u);
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(calls wait for a connection that is being made) {
    start();
    sockets->next_peer.connecting = true;
    for (auto target : {"/a", "/b", "/c"})
      submit(target);
    settle();
    CAF_CHECK_EQUAL(dials(), 1u);
    sockets->peers[sockets->next_handle].connecting = false;
    sockets->make_writable(sockets->next_handle);
    talk();
    CAF_CHECK_EQUAL(answers, (strings{"/a", "/b", "/c"}));
  }

  CAF_TEST(all that wait hear why no connection was made) {
    start();
    sockets->next_peer.refused = "Connection refused";
    submit("/a");
    submit("/b");
    settle();
    CAF_REQUIRE_EQUAL(answers.size(), 2u);
    for (const auto& x : answers)
      CAF_CHECK_EQUAL(
          x, "connection_failed: no connection to 10.0.0.1:80: Connection refused");
  }

  CAF_TEST(streams that the peer does not allow have a connection of their own) {
    served.concurrent_streams = 2;
    limits.http2_connections_per_address = 2;
    start();
    submit("/a");
    talk();
    answers.clear();
    for (int i = 0; i < 6; ++i)
      submit("/later" + std::to_string(i));
    talk();
    CAF_CHECK_EQUAL(dials(), 2u);
    CAF_CHECK_EQUAL(peer(1001).kept.size(), 2u);
    CAF_CHECK_EQUAL(peer(1002).kept.size(), 2u);
    CAF_CHECK_EQUAL(answer(), "nothing");
    // An answer makes room for the next in line.
    peer(1002).session.respond(peer(1002).kept[0].first, plain_response("x"));
    talk();
    CAF_CHECK_EQUAL(answer(), "x");
    CAF_CHECK_EQUAL(peer(1002).kept.size(), 3u);
  }

  CAF_TEST(a burst onto a new connection obeys the peer) {
    served.concurrent_streams = 3;
    limits.http2_connections_per_address = 1;
    start();
    for (int i = 0; i < 40; ++i)
      submit("/" + std::to_string(i));
    talk();
    CAF_CHECK_EQUAL(answers.size(), 40u);
    CAF_CHECK_EQUAL(peer().requests, 40u);
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(the line before a connection has an end) {
    limits.waiting_per_address = 1;
    start();
    sockets->next_peer.connecting = true;
    submit("/a");
    submit("/b");
    CAF_CHECK_EQUAL(answer(), "overloaded: 1 calls wait for a connection to "
                              "10.0.0.1:80 (pool_limits::waiting_per_address)");
  }

  CAF_TEST(a deadline ends its stream and nothing else) {
    start();
    submit("/later1", 2s);
    submit("/later2", 30s);
    talk();
    advance(2s);
    CAF_CHECK_EQUAL(answer(), "timeout: no response from 10.0.0.1:80 when the call's "
                              "deadline passed");
    talk();
    CAF_REQUIRE_EQUAL(peer().resets.size(), 1u);
    CAF_CHECK_EQUAL(peer().resets[0], peer().kept[0].first);
    peer().session.respond(peer().kept[1].first, plain_response("two"));
    talk();
    CAF_CHECK_EQUAL(answer(), "two");
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(a deadline in line is met) {
    start();
    sockets->next_peer.connecting = true;
    submit("/a", 2s);
    advance(2s - 1ns);
    CAF_CHECK_EQUAL(answer(), "nothing");
    advance(1ns);
    CAF_CHECK(contains(answer(), "timeout: no connection to 10.0.0.1:80"));
  }

  CAF_TEST(a cancelled exchange is reset and not heard of) {
    start();
    auto number = submit("/later");
    submit("/b");
    talk();
    CAF_CHECK_EQUAL(answer(), "/b");
    CAF_CHECK(number != 0u);
    pool.direct->cancel(number);
    pool.direct->cancel(number);
    talk();
    CAF_CHECK_EQUAL(answer(), "nothing");
    CAF_CHECK_EQUAL(peer().resets.size(), 1u);
    submit("/c");
    talk();
    CAF_CHECK_EQUAL(answer(), "/c");
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(a cancelled call in line is not sent) {
    start();
    sockets->next_peer.connecting = true;
    auto number = submit("/a");
    submit("/b");
    pool.direct->cancel(number);
    sockets->peers[sockets->next_handle].connecting = false;
    sockets->make_writable(sockets->next_handle);
    talk();
    CAF_CHECK_EQUAL(answer(), "/b");
    CAF_CHECK_EQUAL(peer().requests, 1u);
  }

  CAF_TEST(after GOAWAY what is open goes on and the next call dials) {
    start();
    submit("/later1");
    talk();
    peer(1001).session.drain();
    talk();
    submit("/b");
    talk();
    CAF_CHECK_EQUAL(answer(), "/b");
    CAF_CHECK_EQUAL(dials(), 2u);
    peer(1001).session.respond(peer(1001).kept[0].first, plain_response("late"));
    talk();
    CAF_CHECK_EQUAL(answer(), "late");
    CAF_CHECK(!open(1001));
    CAF_CHECK(open(1002));
  }

  CAF_TEST(a lost connection fails its calls) {
    start();
    submit("/later1");
    submit("/later2");
    talk();
    peer_closes(1001);
    CAF_REQUIRE_EQUAL(answers.size(), 2u);
    for (const auto& x : answers)
      CAF_CHECK(contains(x, "connection_lost: 10.0.0.1:80: "));
    answers.clear();
    submit("/c");
    talk();
    CAF_CHECK_EQUAL(answer(), "/c");
    CAF_CHECK_EQUAL(dials(), 2u);
  }

  CAF_TEST(a connection that stood idle is read before it is used) {
    start();
    submit("/a");
    talk();
    answers.clear();
    advance(1s);
    sockets->peers[1001].quiet = false;
    submit("/b");
    settle();
    CAF_CHECK_EQUAL(dials(), 1u);
    peer_closes(1001);
    talk();
    CAF_CHECK_EQUAL(answer(), "/b");
    CAF_CHECK_EQUAL(dials(), 2u);
  }

  CAF_TEST(an idle connection is closed in time) {
    http.idle_time = 10s;
    start();
    submit("/a");
    talk();
    advance(9s);
    CAF_CHECK(open(1001));
    advance(1s);
    CAF_CHECK(!open(1001));
  }

  CAF_TEST(a silent peer is asked and given up) {
    http2.ping_time = 5s;
    http2.ping_timeout = 2s;
    start();
    submit("/later", 60s);
    talk();
    advance(6s);
    // Its answer to the PING keeps it.
    talk();
    advance(3s);
    CAF_CHECK(open(1001));
    CAF_CHECK_EQUAL(answer(), "nothing");
    talk();
    for (int i = 0; i < 10; ++i)
      advance(1s);
    CAF_CHECK(contains(answer(), "connection_lost: 10.0.0.1:80: "));
    CAF_CHECK(!open(1001));
  }

  CAF_TEST(a peer that takes no byte is given up) {
    http.write_time = 3s;
    start();
    submit("/a");
    talk();
    answers.clear();
    sockets->peers[1001].stalled = true;
    submit("/b", 60s);
    settle();
    advance(3s);
    CAF_CHECK(contains(answer(), "the peer took no byte for 3000 ms"));
    CAF_CHECK(sockets->was_aborted(1001));
  }

  CAF_TEST(a peer that speaks something else fails the calls) {
    start();
    submit("/a");
    settle();
    receive(1001, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    CAF_CHECK(contains(answer(), "10.0.0.1:80: "));
    CAF_CHECK(!open(1001));
  }

  CAF_TEST(a server that takes no call is not dialled without end) {
    served.concurrent_streams = 0;
    limits.http2_connections_per_address = 1;
    start();
    submit("/a");
    talk();
    CAF_CHECK_EQUAL(answer(), "nothing");
    peer_closes(1001);
    talk();
    CAF_CHECK_EQUAL(answer(), "connection_failed: no connection to 10.0.0.1:80: the "
                              "server ended it before it took a call");
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(a server that leaves at once fails the calls) {
    start();
    submit("/a");
    settle();
    peer().session.drain();
    talk();
    CAF_CHECK(contains(answer(), "connection_failed: no connection to 10.0.0.1:80: "));
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(draining ends idle connections now and the others with their calls) {
    start();
    submit("/later");
    talk();
    caf::anon_send(pool.actor, drain_atom::value);
    talk();
    CAF_CHECK(open(1001));
    submit("/b");
    CAF_CHECK(contains(answer(), "unavailable: the connection pool is shutting down"));
    peer().session.respond(peer().kept[0].first, plain_response("last"));
    talk();
    CAF_CHECK_EQUAL(answer(), "last");
    CAF_CHECK(!open(1001));
  }

  CAF_TEST(the end of a pool fails its calls and streams) {
    start();
    submit("/later");
    open_stream("/stream");
    talk();
    CAF_CHECK_EQUAL(events(), "open;");
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    settle();
    CAF_CHECK_EQUAL(answer(), "unavailable: the connection pool was shut down");
    CAF_CHECK_EQUAL(events(), "reset unavailable: the connection pool was shut down;");
    CAF_CHECK(log->destroyed);
    submit("/b");
    CAF_CHECK(contains(answer(), "unavailable: "));
  }

  CAF_TEST(what cannot be sent fails alone) {
    start();
    submit("/later");
    submit("/with blank");
    talk();
    CAF_CHECK(contains(answer(), "invalid_argument: 10.0.0.1:80: "));
    CAF_CHECK_EQUAL(peer().kept.size(), 1u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
