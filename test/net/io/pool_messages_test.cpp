#define CAF_SUITE pool_messages

#include "net/io/pool_http2_fixture.hpp"

#include "io/message_records.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

const std::string node = "10.0.0.1:80";

http_request first_message() {
  http_request result;
  result.method = "POST";
  result.target = "/";
  result.fields = {{"Host", node}, {"Micro-Stream", "0"}};
  result.body = "open";
  return result;
}

/// What a client sends.
std::string post(std::string_view body, std::string_view more = {}) {
  return "POST / HTTP/1.1\r\nHost: 10.0.0.1:80\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + std::string{more}
         + "Micro-Stream: 0\r\n\r\n" + std::string{body};
}

/// What a server sends.
std::string said(std::string_view body, std::string_view more = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"
         + std::string{more} + "\r\n" + std::string{body};
}

const std::string end_field = "Micro-Error: EOS\r\n";

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

struct fixture : virtual_fixture {
  ~fixture() override {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    pool = {};
    sockets->drop_watches();
    settle();
  }

  void start() {
    pool = spawn_pool(sys, {limits, http, http2, sockets, {}});
    settle();
  }

  void begin(time_point deadline = time_point::max()) {
    log = std::make_shared<response_log>();
    number = pool.direct->open({node}, first_message(), deadline,
                               std::make_unique<logging_response_receiver>(log));
    settle();
  }

  /// A stream that was opened.
  void opened() {
    start();
    begin();
    CAF_REQUIRE_EQUAL(events(), "open;");
    CAF_REQUIRE_EQUAL(sent(newest()), post("open"));
  }

  std::string events() {
    settle();
    return std::exchange(log->events, {});
  }

  int64_t newest() const {
    return sockets->next_handle;
  }

  size_t dials() const {
    return sockets->dialled.size();
  }

  pool_limits limits;
  http_limits http;
  http2_limits http2;
  pool_ref pool;
  std::shared_ptr<response_log> log;
  uint64_t number = 0;
};

std::string data(std::string_view body) {
  return "data " + make_record(body) + ";";
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_messages_tests, fixture)

  CAF_TEST(messages go to and fro until the server says the end) {
    opened();
    log->to.data(make_record("one") + make_record("two"));
    CAF_CHECK_EQUAL(sent(newest()), post("one") + post("two"));
    CAF_CHECK_EQUAL(log->written, 16u);
    receive(newest(), said("uno") + said(""));
    CAF_CHECK_EQUAL(events(), "head 200;" + data("uno") + data(""));
    log->to.end({{"Micro-Error", "EOS"}});
    CAF_CHECK_EQUAL(sent(newest()), post("", end_field));
    log->to.data(make_record("too late"));
    CAF_CHECK_EQUAL(sent(newest()), "");
    receive(newest(), said("due") + said("", end_field));
    CAF_CHECK_EQUAL(events(), data("due") + "end Micro-Error=EOS;");
    CAF_CHECK(log->destroyed);
    CAF_CHECK(!open(newest()));
    CAF_CHECK(!sockets->was_aborted(newest()));
  }

  CAF_TEST(each stream has a connection of its own) {
    start();
    // One that could be used again.
    pool.direct->exchange({node}, first_message(), sched.clock().now() + 5s,
                          [](expected<http_response>) {});
    settle();
    receive(newest(), said("answer"));
    auto kept = newest();
    begin();
    CAF_CHECK_EQUAL(dials(), 2u);
    auto before = log;
    begin();
    CAF_CHECK_EQUAL(dials(), 3u);
    CAF_CHECK_EQUAL(sent(newest()), post("open"));
    // And calls take none of theirs.
    sent(kept);
    pool.direct->exchange({node}, first_message(), sched.clock().now() + 5s,
                          [](expected<http_response>) {});
    settle();
    CAF_CHECK_EQUAL(sent(kept), post("open"));
    CAF_CHECK_EQUAL(dials(), 3u);
  }

  CAF_TEST(streams beyond the limit of connections wait in line) {
    limits.connections_per_address = 1;
    opened();
    auto before = std::exchange(log, nullptr);
    begin();
    CAF_CHECK_EQUAL(events(), "");
    CAF_CHECK_EQUAL(dials(), 1u);
    receive(newest(), said("", end_field));
    CAF_CHECK_EQUAL(events(), "open;");
    CAF_CHECK_EQUAL(dials(), 2u);
  }

  CAF_TEST(a failure of the call is the end of the stream) {
    opened();
    receive(newest(), said("", "Micro-Error: {\"code\":403}\r\n"));
    CAF_CHECK_EQUAL(events(), "head 200;end Micro-Error={\"code\":403};");
  }

  CAF_TEST(another status ends the stream with its head) {
    opened();
    receive(newest(),
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno");
    CAF_CHECK_EQUAL(events(), "head 503;end;");
    CAF_CHECK(!open(newest()));
  }

  CAF_TEST(a stream that is given up resets its connection) {
    opened();
    log->to.reset(reset_reason::cancel);
    CAF_CHECK_EQUAL(events(), "");
    CAF_CHECK(sockets->was_aborted(newest()));
    CAF_CHECK(log->destroyed);
    begin();
    pool.direct->cancel(number);
    CAF_CHECK_EQUAL(events(), "open;");
    CAF_CHECK(sockets->was_aborted(newest()));
    CAF_CHECK(log->destroyed);
  }

  CAF_TEST(a stream ends at its deadline) {
    start();
    begin(sched.clock().now() + 2s);
    events();
    advance(2s);
    CAF_CHECK_EQUAL(events(), "reset timeout: no response from 10.0.0.1:80 when the "
                              "call's deadline passed;");
    CAF_CHECK(sockets->was_aborted(newest()));
  }

  CAF_TEST(a stream without a deadline outlives every time to idle) {
    opened();
    for (int i = 0; i < 100; ++i)
      advance(20s);
    CAF_CHECK_EQUAL(events(), "");
    CAF_CHECK(open(newest()));
  }

  CAF_TEST(a server that leaves loses the stream) {
    opened();
    receive(newest(), said("one"));
    events();
    peer_closes(newest());
    CAF_CHECK_EQUAL(events(),
                    "reset connection_lost: 10.0.0.1:80: the peer closed before the "
                    "end of the stream;");
    CAF_CHECK(log->destroyed);
  }

  CAF_TEST(a stream that never left has reached nobody) {
    sockets->next_peer.connecting = true;
    start();
    begin();
    sockets->peers[newest()].connecting = false;
    sockets->peers[newest()].stalled = true;
    sockets->make_writable(newest());
    CAF_CHECK_EQUAL(events(), "open;");
    peer_closes(newest());
    CAF_CHECK(contains(events(), "reset connection_failed: "));
    sockets->next_peer = {};
    sockets->next_peer.refused = "connection refused";
    begin();
    CAF_CHECK_EQUAL(events(), "reset connection_failed: no connection to 10.0.0.1:80: "
                              "connection refused;");
  }

  CAF_TEST(what is no HTTP breaks the stream) {
    opened();
    receive(newest(), "ICY 200 OK\r\n\r\n");
    CAF_CHECK(contains(events(), "reset protocol_error: 10.0.0.1:80: message: "));
    CAF_CHECK(sockets->was_aborted(newest()));
  }

  CAF_TEST(a request that can not be written opens nothing) {
    start();
    auto request = first_message();
    request.target = "/ /";
    log = std::make_shared<response_log>();
    pool.direct->open({node}, std::move(request), time_point::max(),
                      std::make_unique<logging_response_receiver>(log));
    CAF_CHECK(contains(events(), "reset invalid_argument: "));
    CAF_CHECK_EQUAL(sent(newest()), "");
  }

  CAF_TEST(messages that nobody takes stop the reading) {
    http.stream_input_bytes = 100;
    opened();
    receive(newest(), said(std::string(95, 'x')));
    CAF_CHECK(reading(newest()));
    receive(newest(), said("one read more"));
    CAF_CHECK(!reading(newest()));
    log->to.consumed(5 + 13);
    settle();
    CAF_CHECK(!reading(newest()));
    log->to.consumed(1);
    settle();
    CAF_CHECK(reading(newest()));
    events();
    receive(newest(), said("", end_field));
    CAF_CHECK_EQUAL(events(), "end Micro-Error=EOS;");
  }

  CAF_TEST(a writer hears what has left) {
    http2.stream_output_bytes = 100;
    opened();
    sockets->peers[newest()].stalled = true;
    log->to.data(make_record(std::string(95, 'x')));
    settle();
    CAF_CHECK_EQUAL(log->written, 0u);
    sockets->peers[newest()].stalled = false;
    sockets->make_writable(newest());
    settle();
    CAF_CHECK_EQUAL(log->written, 100u);
    CAF_CHECK_EQUAL(events(), "writable;");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
