#define CAF_SUITE pool_streams

#include "net/io/pool_http2_fixture.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

struct fixture : pool_http2_fixture {
  /// A stream that the server has heard of.
  int32_t begin(caf::timespan within = 30s) {
    number = open_stream("/stream", within);
    talk();
    CAF_CHECK_EQUAL(events(), "open;");
    CAF_REQUIRE_EQUAL(peer().streams.size(), 1u);
    return peer().streams[0];
  }

  uint64_t number = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_streams_tests, fixture)

  CAF_TEST(pieces travel both ways) {
    start();
    auto id = begin();
    CAF_CHECK_EQUAL(peer().heads[0].target, "/stream");
    log->to.data("one");
    talk();
    CAF_CHECK_EQUAL(peer().data[id], "one");
    peer().session.head(id, plain_response({}));
    peer().session.data(id, "uno");
    talk();
    CAF_CHECK_EQUAL(events(), "head 200;data uno;");
    log->to.data("two");
    log->to.end();
    talk();
    CAF_CHECK_EQUAL(peer().data[id], "onetwo");
    CAF_CHECK_EQUAL(peer().ended.size(), 1u);
    metadata trailers;
    trailers.add("grpc-status", "0");
    peer().session.end(id, std::move(trailers));
    talk();
    CAF_CHECK_EQUAL(events(), "end grpc-status=0;");
    CAF_CHECK(log->destroyed);
  }

  CAF_TEST(a writer hears what has left) {
    start();
    begin();
    log->to.data(std::string(100, 'x'));
    CAF_CHECK_EQUAL(log->written, 0u);
    log->to.data(std::string(50, 'x'));
    talk();
    CAF_CHECK_EQUAL(log->written, 150u);
  }

  CAF_TEST(a server that ends first ends the stream) {
    start();
    auto id = begin();
    peer().session.head(id, plain_response({}));
    peer().session.end(id, {});
    talk();
    CAF_CHECK_EQUAL(events(), "head 200;end;");
    CAF_CHECK(log->destroyed);
    // Nobody is there any more.
    log->to.data("late");
    log->to.end();
    talk();
    submit("/a");
    talk();
    CAF_CHECK_EQUAL(answer(), "/a");
  }

  CAF_TEST(a reset by the peer is heard once) {
    start();
    auto id = begin();
    peer().session.reset(id, reset_reason::cancel);
    talk();
    CAF_CHECK(contains(events(), "reset cancelled: 10.0.0.1:80: "));
    CAF_CHECK(log->destroyed);
    CAF_CHECK(open(1001));
  }

  CAF_TEST(a refused stream says that it reached nobody) {
    start();
    auto id = begin();
    peer().session.reset(id, reset_reason::refused_stream);
    talk();
    CAF_CHECK(contains(events(), "reset connection_failed: "));
  }

  CAF_TEST(our reset reaches the peer and ends the receiver) {
    start();
    auto id = begin();
    log->to.reset(reset_reason::cancel);
    talk();
    CAF_CHECK_EQUAL(peer().resets, (std::vector<int32_t>{id}));
    CAF_CHECK_EQUAL(events(), "");
    CAF_CHECK(log->destroyed);
  }

  CAF_TEST(a cancelled stream is reset) {
    start();
    auto id = begin();
    pool.direct->cancel(number);
    talk();
    CAF_CHECK_EQUAL(peer().resets, (std::vector<int32_t>{id}));
    CAF_CHECK_EQUAL(events(), "");
    CAF_CHECK(log->destroyed);
  }

  CAF_TEST(a stream ends at its deadline) {
    start();
    auto id = begin(2s);
    advance(2s);
    CAF_CHECK_EQUAL(events(), "reset timeout: no response from 10.0.0.1:80 when the "
                              "call's deadline passed;");
    talk();
    CAF_CHECK_EQUAL(peer().resets, (std::vector<int32_t>{id}));
  }

  CAF_TEST(a server that cancels at the deadline is late like any other) {
    start();
    auto id = begin(2s);
    // Its clock is first: ours has not looked yet.
    sched.clock().current_time += 2s;
    peer().session.reset(id, reset_reason::cancel);
    talk();
    CAF_CHECK_EQUAL(events(), "reset timeout: no response from 10.0.0.1:80 when the "
                              "call's deadline passed;");
  }

  CAF_TEST(a stream without a deadline has none) {
    start();
    log = std::make_shared<response_log>();
    pool.direct->open(where, request_for("/stream"), time_point::max(),
                      std::make_unique<logging_response_receiver>(log));
    talk();
    for (int i = 0; i < 100; ++i) {
      advance(20s);
      talk();
    }
    CAF_CHECK_EQUAL(events(), "open;");
    CAF_CHECK(open(1001));
  }

  CAF_TEST(what nobody has taken stops the peer) {
    http2.stream_window_bytes = 1000;
    start();
    auto id = begin();
    peer().session.head(id, plain_response({}));
    peer().session.data(id, std::string(3000, 'x'));
    talk();
    auto first = events();
    CAF_CHECK(first.size() < 1100);
    log->to.consumed(1000);
    talk();
    auto second = events();
    CAF_CHECK(!second.empty());
    CAF_CHECK(second.size() < 1100);
  }

  CAF_TEST(a receiver may give up its own stream) {
    struct quitter : logging_response_receiver {
      using logging_response_receiver::logging_response_receiver;
      void on_open(const stream_sender& to) override {
        logging_response_receiver::on_open(to);
        mine = to;
      }
      void on_data(std::string_view bytes) override {
        mine.reset(reset_reason::cancel);
        // Still alive.
        logging_response_receiver::on_data(bytes);
      }
      stream_sender mine;
    };
    start();
    log = std::make_shared<response_log>();
    pool.direct->open(where, request_for("/stream"), in(30s),
                      std::make_unique<quitter>(log));
    talk();
    auto id = peer().streams[0];
    peer().session.head(id, plain_response({}));
    peer().session.data(id, "a");
    peer().session.data(id, "b");
    talk();
    CAF_CHECK(contains(log->events, "open;head 200;data a"));
    CAF_CHECK(log->destroyed);
    CAF_CHECK_EQUAL(peer().resets.size(), 1u);
  }

  CAF_TEST(a receiver may end other calls of the pool) {
    struct canceller : logging_response_receiver {
      using logging_response_receiver::logging_response_receiver;
      void on_head(http_response&&) override {
        what();
      }
      std::function<void()> what;
    };
    start();
    submit("/later");
    auto other = submit("/later");
    talk();
    log = std::make_shared<response_log>();
    auto receiver = std::make_unique<canceller>(log);
    receiver->what = [&] { pool.direct->cancel(other); };
    pool.direct->open(where, request_for("/stream"), in(30s), std::move(receiver));
    talk();
    peer().session.head(peer().streams[0], plain_response({}));
    talk();
    CAF_CHECK_EQUAL(peer().resets, (std::vector<int32_t>{peer().kept[1].first}));
    CAF_CHECK_EQUAL(answer(), "nothing");
  }

  CAF_TEST(a stream that finds no connection hears why) {
    start();
    sockets->next_peer.refused = "Connection refused";
    open_stream("/stream");
    settle();
    CAF_CHECK_EQUAL(events(), "reset connection_failed: no connection to 10.0.0.1:80: "
                              "Connection refused;");
    CAF_CHECK(log->destroyed);
  }

  CAF_TEST(a lost connection resets its streams) {
    start();
    begin();
    peer_closes(1001);
    CAF_CHECK(contains(events(), "reset connection_lost: 10.0.0.1:80: "));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
