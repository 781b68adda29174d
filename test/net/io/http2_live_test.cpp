#define CAF_SUITE http2_live

#include "net/io/http2_peer.hpp"
#include "net/io/live.hpp"

#include <atomic>
#include <functional>
#include <thread>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

/// Takes streams by a function of the test, called on the lane.
class stream_handler : public request_handler {
public:
  using taker = std::function<std::unique_ptr<stream_receiver>(const stream_sender&)>;

  explicit stream_handler(taker take) : take_(std::move(take)) {
    // nop
  }

  std::unique_ptr<stream_receiver> on_stream(http_request&, const stream_sender& to,
                                             const peer_info&) override {
    to.head({});
    return take_(to);
  }

  std::optional<http_response> on_request(http_request&&, const reply_address&,
                                          const peer_info&) override {
    return http_response{};
  }

  void on_abandoned(const reply_address&) override {
    // nop
  }

private:
  taker take_;
};

/// Ignores everything but what it is given.
class receiver : public stream_receiver {
public:
  explicit receiver(std::function<void()> on_room = {}) : on_room_(std::move(on_room)) {
    // nop
  }

  void on_data(std::string_view) override {
    // nop
  }

  void on_end(metadata&&) override {
    // nop
  }

  void on_reset(const error&) override {
    // nop
  }

  void on_writable() override {
    if (on_room_)
      on_room_();
  }

private:
  std::function<void()> on_room_;
};

struct fixture {
  /// Serves with `take`; the listener ends with the fixture.
  void serve(stream_handler::taker take) {
    listener_options options;
    options.address = "127.0.0.1:0";
    options.handler = std::make_shared<stream_handler>(std::move(take));
    listener = spawn_listener(system.sys, std::move(options));
    bound = system.ask<std::string>(listener, listen_atom::value);
  }

  ~fixture() {
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }

  live_system system;
  listener_actor listener;
  std::string bound;
};

/// Moves bytes until `done`; false if the connection ended before.
template <class Done>
bool run(raw_peer& wire, http2_peer& peer, Done done) {
  while (!done()) {
    wire.send(peer.output());
    if (done())
      break;
    auto bytes = wire.some();
    if (bytes.empty())
      return false;
    peer.receive(bytes);
  }
  return true;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_live_tests, fixture)

  CAF_TEST(many threads may answer the streams of one connection) {
    constexpr int pieces = 500;
    std::vector<std::thread> threads;
    serve([&](const stream_sender& to) {
      threads.emplace_back([to] {
        for (int i = 0; i < pieces; ++i)
          to.data(std::to_string(i) + " ");
        to.end({{"pieces", std::to_string(pieces)}});
      });
      return std::make_unique<receiver>();
    });
    raw_peer wire{bound};
    http2_peer peer;
    std::vector<int32_t> streams;
    for (int i = 0; i < 8; ++i)
      streams.push_back(peer.open("/"));
    auto all_ended = [&] {
      return std::all_of(streams.begin(), streams.end(),
                         [&](int32_t id) { return peer.of[id].ended; });
    };
    CAF_CHECK(run(wire, peer, all_ended));
    std::string expected;
    for (int i = 0; i < pieces; ++i)
      expected += std::to_string(i) + " ";
    for (auto id : streams) {
      CAF_CHECK_EQUAL(peer.of[id].data, expected);
      CAF_CHECK_EQUAL(peer.of[id].trailers.get_or("pieces", ""), "500");
    }
    for (auto& x : threads)
      x.join();
  }

  CAF_TEST(what a slow reader has not taken is not made) {
    // Far more than any bound here or in the kernel.
    constexpr size_t total = 64 * 1024 * 1024;
    constexpr size_t piece = http2_limits{}.stream_output_bytes;
    std::atomic<size_t> made{0};
    serve([&](const stream_sender& to) {
      // A piece fills the stream; the next one waits for room.
      auto produce = [&made, to] {
        if (made >= total)
          return to.end();
        made += piece;
        to.data(std::string(piece, 'x'));
      };
      produce();
      return std::make_unique<receiver>(produce);
    });
    raw_peer wire{bound};
    http2_peer peer;
    auto stream = peer.open("/");
    CAF_REQUIRE(run(wire, peer, [&] { return peer.of[stream].data.size() >= piece; }));
    // Nothing is read while others are served; then all of it.
    for (int i = 0; i < 20; ++i) {
      raw_peer other{bound};
      http2_peer asker;
      auto id = asker.ask("/");
      CAF_CHECK(run(other, asker, [&] { return asker.of[id].answered; }));
    }
    // The windows of stream and connection, what waits in the stream, a piece.
    constexpr size_t most = 256 * 1024 + 3 * piece;
    CAF_CHECK(made <= peer.of[stream].data.size() + most);
    auto& got = peer.of[stream];
    size_t sum = 0;
    auto count = [&] {
      sum += std::exchange(got.data, {}).size();
      return got.ended;
    };
    CAF_CHECK(run(wire, peer, count));
    CAF_CHECK_EQUAL(sum, total);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
