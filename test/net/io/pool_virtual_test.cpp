#define CAF_SUITE pool

#include "net/io/virtual_net.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

const std::string node = "10.0.0.1:80";

std::string ok(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"
         + more + "\r\n" + body;
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

struct fixture : virtual_fixture {
  fixture() {
    limits.ttl = 60s;
    limits.dial_time = 5s;
  }

  ~fixture() override {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    pool = {};
    sockets->drop_watches();
    settle();
  }

  void start() {
    pool = spawn_pool(sys, {limits, http, {}, sockets, {}});
    settle();
  }

  void call(const std::string& target, caf::timespan within = 30s,
            const std::string& address = node) {
    http_request request;
    request.method = "GET";
    request.target = target;
    request.fields.add("Host", address);
    last = pool.direct->exchange(
        {address}, std::move(request), sched.clock().now() + within,
        [this](expected<http_response> x) {
          came_back.push_back(x ? x->body
                                : std::string{to_string(x.error().reason)} + ": "
                                      + x.error().detail);
        });
    settle();
  }

  /// What came back since the last look.
  std::vector<std::string> answers() {
    settle();
    return std::exchange(came_back, {});
  }

  std::string answer() {
    auto all = answers();
    return all.empty() ? "nothing" : all.size() == 1 ? all[0] : "several";
  }

  /// The handle of the newest connection.
  int64_t newest() const {
    return sockets->next_handle;
  }

  size_t dials() const {
    return sockets->dialled.size();
  }

  pool_limits limits;
  http_limits http;
  pool_ref pool;
  std::vector<std::string> came_back;
  /// The number of the last call.
  uint64_t last = 0;
};

using strings = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_tests, fixture)

  CAF_TEST(a connection is used again) {
    start();
    call("/1");
    CAF_CHECK_EQUAL(sent(newest()), "GET /1 HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\n");
    receive(newest(), ok("one"));
    CAF_CHECK_EQUAL(answer(), "one");
    call("/2");
    CAF_CHECK_EQUAL(sent(newest()), "GET /2 HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\n");
    receive(newest(), ok("two"));
    CAF_CHECK_EQUAL(answer(), "two");
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(calls at the same time have connections of their own) {
    start();
    call("/1");
    call("/2");
    CAF_CHECK_EQUAL(dials(), 2u);
    receive(newest(), ok("two"));
    receive(newest() - 1, ok("one"));
    CAF_CHECK_EQUAL(answers(), (strings{"two", "one"}));
  }

  CAF_TEST(a connection that the peer wants closed is not used again) {
    start();
    call("/1");
    receive(newest(), ok("one", "Connection: close\r\n"));
    CAF_CHECK_EQUAL(answer(), "one");
    CAF_CHECK(!open(newest()));
    call("/2");
    CAF_CHECK_EQUAL(dials(), 2u);
  }

  CAF_TEST(a body without length ends with the connection) {
    start();
    call("/1");
    receive(newest(), "HTTP/1.1 200 OK\r\n\r\nsome");
    receive(newest(), " bytes");
    CAF_CHECK_EQUAL(answer(), "nothing");
    peer_closes(newest());
    CAF_CHECK_EQUAL(answer(), "some bytes");
    call("/2");
    CAF_CHECK_EQUAL(dials(), 2u);
  }

  CAF_TEST(an idle connection ends when the peer ends it or says what nobody asked) {
    start();
    call("/1");
    receive(newest(), ok("one"));
    peer_closes(newest());
    call("/2");
    CAF_CHECK_EQUAL(dials(), 2u);
    receive(newest(), ok("two"));
    receive(newest(), ok("surprise"));
    CAF_CHECK(!open(newest()));
    call("/3");
    CAF_CHECK_EQUAL(dials(), 3u);
    CAF_CHECK_EQUAL(answers(), (strings{"one", "two"}));
  }

  CAF_TEST(an idle connection that is not quiet is not handed out) {
    start();
    call("/1");
    receive(newest(), ok("one"));
    sockets->peers[newest()].quiet = false;
    advance(1s);
    call("/2");
    CAF_CHECK_EQUAL(dials(), 2u);
    receive(newest(), ok("two"));
    CAF_CHECK_EQUAL(answers(), (strings{"one", "two"}));
  }

  CAF_TEST(an idle connection is closed at its ttl) {
    start();
    call("/1");
    receive(newest(), ok("one"));
    advance(59s);
    CAF_CHECK(open(newest()));
    advance(1s);
    CAF_CHECK(!open(newest()));
    CAF_CHECK(!sched.has_pending_timeout());
  }

  CAF_TEST(a busy connection lives beyond its ttl but is not used again) {
    start();
    call("/1", 200s);
    advance(61s);
    receive(newest(), ok("one"));
    CAF_CHECK_EQUAL(answer(), "one");
    CAF_CHECK(!open(newest()));
  }

  CAF_TEST(no more idle connections are kept than allowed) {
    limits.idle_per_address = 1;
    start();
    call("/1");
    call("/2");
    receive(newest(), ok("two"));
    receive(newest() - 1, ok("one"));
    CAF_CHECK(open(newest()));
    CAF_CHECK(!open(newest() - 1));
  }

  CAF_TEST(calls wait in line at the connection limit) {
    limits.connections_per_address = 1;
    start();
    call("/1");
    call("/2");
    call("/3");
    CAF_CHECK_EQUAL(dials(), 1u);
    sent(newest());
    receive(newest(), ok("one"));
    CAF_CHECK_EQUAL(sent(newest()), "GET /2 HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\n");
    receive(newest(), ok("two", "Connection: close\r\n"));
    CAF_CHECK_EQUAL(dials(), 2u);
    receive(newest(), ok("three"));
    CAF_CHECK_EQUAL(answers(), (strings{"one", "two", "three"}));
  }

  CAF_TEST(addresses do not wait for each other) {
    limits.connections_per_address = 1;
    start();
    call("/1");
    call("/2", 30s, "[::1]:81");
    CAF_CHECK_EQUAL(sockets->dialled, (strings{node, "[::1]:81"}));
  }

  CAF_TEST(a full line refuses) {
    limits.connections_per_address = 1;
    limits.waiting_per_address = 1;
    start();
    call("/1");
    call("/2");
    call("/3");
    CAF_CHECK_EQUAL(answer(),
                    "overloaded: 1 calls wait for a connection to 10.0.0.1:80 "
                    "(pool_limits::waiting_per_address)");
  }

  CAF_TEST(a call in line ends at its deadline) {
    limits.connections_per_address = 1;
    start();
    call("/1");
    call("/2", 3s);
    advance(3s - 1ns);
    CAF_CHECK_EQUAL(answer(), "nothing");
    advance(1ns);
    CAF_CHECK_EQUAL(answer(),
                    "timeout: no connection to 10.0.0.1:80 became free before "
                    "the call's deadline");
    receive(newest(), ok("one"));
    CAF_CHECK_EQUAL(answer(), "one");
  }

  CAF_TEST(at the deadline the connection is reset) {
    start();
    call("/1", 3s);
    advance(3s - 1ns);
    CAF_CHECK_EQUAL(answer(), "nothing");
    advance(1ns);
    CAF_CHECK_EQUAL(answer(), "timeout: no response from 10.0.0.1:80 when the call's "
                              "deadline passed");
    CAF_CHECK(sockets->was_aborted(newest()));
  }

  CAF_TEST(a cancelled call resets its connection and is not heard of) {
    start();
    call("/1");
    pool.direct->cancel(last);
    CAF_CHECK(sockets->was_aborted(newest()));
    CAF_CHECK_EQUAL(answer(), "nothing");
    // Also while it is dialling.
    sockets->next_peer.connecting = true;
    call("/2");
    pool.direct->cancel(last);
    CAF_CHECK(sockets->was_aborted(newest()));
    // And what has ended.
    sockets->next_peer.connecting = false;
    call("/3");
    receive(newest(), ok("three"));
    pool.direct->cancel(last);
    CAF_CHECK_EQUAL(answer(), "three");
    CAF_CHECK(open(newest()));
  }

  CAF_TEST(a cancelled call in line makes room for the next) {
    limits.connections_per_address = 1;
    limits.waiting_per_address = 1;
    start();
    call("/1");
    call("/2");
    pool.direct->cancel(last);
    call("/3");
    receive(newest(), ok("one"));
    CAF_CHECK(contains(sent(newest()), "GET /3 "));
    CAF_CHECK_EQUAL(answer(), "one");
  }

  CAF_TEST(whoever is answered finds the connection free) {
    start();
    http_request request;
    request.method = "GET";
    request.target = "/1";
    request.fields.add("Host", node);
    pool.direct->exchange({node}, std::move(request), sched.clock().now() + 30s,
                          [this](expected<http_response>) { call("/2"); });
    settle();
    receive(newest(), ok("one"));
    CAF_CHECK(contains(sent(newest()), "GET /2 "));
    CAF_CHECK_EQUAL(dials(), 1u);
  }

  CAF_TEST(a shorter deadline behind a longer one is met) {
    start();
    call("/1", 30s);
    call("/2", 2s);
    advance(2s);
    CAF_CHECK(contains(answer(), "timeout: "));
    advance(28s);
    CAF_CHECK(contains(answer(), "timeout: "));
  }

  CAF_TEST(a deadline that has passed costs no connection) {
    start();
    call("/1", 0s);
    CAF_CHECK(contains(answer(), "timeout: "));
    CAF_CHECK_EQUAL(dials(), 0u);
  }

  CAF_TEST(a refused connection says why) {
    start();
    sockets->next_peer.refused = "Connection refused";
    call("/1");
    CAF_CHECK_EQUAL(
        answer(),
        "connection_failed: no connection to 10.0.0.1:80: Connection refused");
    sockets->unreachable[node] = "Network is unreachable";
    call("/1");
    CAF_CHECK_EQUAL(
        answer(),
        "connection_failed: no connection to 10.0.0.1:80: Network is unreachable");
  }

  CAF_TEST(dialling is given up in time) {
    start();
    sockets->next_peer.connecting = true;
    call("/1");
    advance(5s - 1ns);
    CAF_CHECK_EQUAL(answer(), "nothing");
    advance(1ns);
    CAF_CHECK_EQUAL(
        answer(), "connection_failed: no connection to 10.0.0.1:80: no answer in time");
    CAF_CHECK(sockets->was_aborted(newest()));
  }

  CAF_TEST(a deadline while dialling is a timeout) {
    start();
    sockets->next_peer.connecting = true;
    call("/1", 2s);
    advance(2s);
    CAF_CHECK(contains(answer(), "timeout: no connection to "));
  }

  CAF_TEST(the request leaves when the connection is made) {
    start();
    sockets->next_peer.connecting = true;
    call("/1");
    CAF_CHECK_EQUAL(sent(newest()), "");
    // A message for an earlier socket with the same number changes nothing.
    sockets->make_writable(newest());
    CAF_CHECK_EQUAL(sent(newest()), "");
    sockets->peers[newest()].connecting = false;
    sockets->make_writable(newest());
    CAF_CHECK(contains(sent(newest()), "GET /1 "));
  }

  CAF_TEST(an end before the answer is a lost connection) {
    start();
    call("/1");
    peer_closes(newest());
    CAF_CHECK(contains(answer(), "connection_lost: 10.0.0.1:80: "));
  }

  CAF_TEST(an end before the request left is a failed connection) {
    start();
    call("/1");
    receive(newest(), ok("one"));
    CAF_CHECK_EQUAL(answer(), "one");
    sockets->peers[newest()].broken = true;
    call("/2");
    peer_closes(newest());
    CAF_CHECK(contains(answer(), "connection_failed: 10.0.0.1:80: "));
  }

  CAF_TEST(an answer that breaks the protocol closes the connection) {
    start();
    call("/1");
    receive(newest(), "SSH-2.0-OpenSSH\r\n");
    CAF_CHECK(contains(answer(), "protocol_error: 10.0.0.1:80: "));
    CAF_CHECK(!open(newest()));
  }

  CAF_TEST(addresses that cannot be dialled are refused) {
    start();
    for (auto address :
         {"", "nothing", "10.0.0.1", ":80", "10.0.0.1:0", "10.0.0.1:99999", "::1:80"}) {
      call("/1", 30s, address);
      CAF_CHECK(contains(answer(), "invalid_argument: address \""));
    }
    CAF_CHECK_EQUAL(dials(), 0u);
  }

  CAF_TEST(draining ends what is idle now and the rest after its exchange) {
    start();
    call("/1");
    call("/2");
    receive(newest(), ok("two"));
    CAF_CHECK_EQUAL(answer(), "two");
    caf::anon_send(pool.actor, drain_atom::value);
    CAF_CHECK(!open(newest()));
    CAF_CHECK(open(newest() - 1));
    call("/3");
    CAF_CHECK(contains(answer(), "unavailable: "));
    receive(newest() - 1, ok("one"));
    CAF_CHECK_EQUAL(answer(), "one");
    CAF_CHECK(!open(newest() - 1));
    call("/4");
    CAF_CHECK(contains(answer(), "unavailable: "));
    // It has quit.
    CAF_CHECK(deref(pool.actor).getf(caf::abstract_actor::is_terminated_flag));
  }

  CAF_TEST(the end of a pool fails its calls) {
    limits.connections_per_address = 1;
    start();
    call("/1");
    call("/2");
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    auto all = answers();
    CAF_REQUIRE_EQUAL(all.size(), 2u);
    CAF_CHECK(contains(all[0], "unavailable: "));
    CAF_CHECK(contains(all[1], "unavailable: "));
    CAF_CHECK(sockets->was_aborted(newest()));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
