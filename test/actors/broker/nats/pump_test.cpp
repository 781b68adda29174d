// The pump before a connection that the test plays.

#define CAF_SUITE nats_pump

#include "broker/nats/pump.hpp"

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace mica::broker::nats;
using namespace std::chrono_literals;

using mica::errc;
using mica::error;
using mica::expected;

/// What the server has seen, and whether it is there.
struct fake_server {
  std::atomic<bool> up{true};
  std::atomic<uint64_t> incarnation{1};
  /// What comes of a confirmation; may change the others.
  std::function<expected<void>()> confirm = [] { return expected<void>{}; };

  void write(const std::string& bytes) {
    std::lock_guard guard{mtx};
    written.push_back(bytes);
  }

  size_t count() {
    std::lock_guard guard{mtx};
    return written.size();
  }

  std::mutex mtx;
  std::vector<std::string> written;
};

struct outcome {
  std::promise<expected<void>> promise;

  expected<void> get() {
    return promise.get_future().get();
  }
};

pump::port port_of(fake_server& server, bool confirms) {
  pump::port result;
  result.up = [&] { return server.up.load(); };
  result.away = [] { return error{errc::unavailable, "away"}; };
  result.incarnation = [&] { return server.incarnation.load(); };
  result.write = [&](const parcel& x) {
    server.write(x.bytes);
    return expected<void>{};
  };
  if (confirms)
    result.confirm = [&](auto) { return server.confirm(); };
  return result;
}

parcel_ptr make(const std::string& bytes, outcome& to) {
  auto result = std::make_shared<parcel>();
  result->subject = "topic";
  result->bytes = bytes;
  result->done = [&to](expected<void> x) { to.promise.set_value(std::move(x)); };
  return result;
}

constexpr outbox_limits limits{
    .events = 100, .bytes = 10'000, .in_flight = 100, .time = 300ms};

} // namespace

CAF_TEST(an event is confirmed by what came after it) {
  fake_server server;
  pump under_test{limits, port_of(server, true)};
  under_test.start();
  outcome first;
  under_test.publish(make("a", first));
  CAF_CHECK(first.get());
  CAF_CHECK_EQUAL(under_test.stop(1s), 0u);
}

CAF_TEST(what another connection confirmed was perhaps lost) {
  fake_server server;
  server.confirm = [&] {
    ++server.incarnation;
    return expected<void>{};
  };
  pump under_test{limits, port_of(server, true)};
  under_test.start();
  outcome first;
  under_test.publish(make("a", first));
  auto x = first.get();
  CAF_REQUIRE(!x);
  CAF_CHECK(x.error().reason == errc::unavailable);
  CAF_CHECK(x.error().detail.find("may have it or not") != std::string::npos);
  under_test.stop(0ms);
}

CAF_TEST(while the server is away events wait and then fail) {
  fake_server server;
  server.up = false;
  pump under_test{limits, port_of(server, true)};
  under_test.start();
  outcome first;
  under_test.publish(make("a", first));
  auto x = first.get();
  CAF_REQUIRE(!x);
  CAF_CHECK(x.error().reason == errc::unavailable);
  CAF_CHECK_EQUAL(server.count(), 0u);
  under_test.stop(0ms);
}

CAF_TEST(what waited for the server is written when it is back) {
  fake_server server;
  server.up = false;
  pump under_test{{.events = 10, .bytes = 10'000, .in_flight = 10, .time = 30s},
                  port_of(server, true)};
  under_test.start();
  outcome first;
  under_test.publish(make("a", first));
  server.up = true;
  under_test.wake(true);
  CAF_CHECK(first.get());
  under_test.stop(1s);
}

CAF_TEST(what nobody acknowledged is written again after a new connection) {
  fake_server server;
  pump under_test{{.events = 10, .bytes = 10'000, .in_flight = 10, .time = 30s},
                  port_of(server, false)};
  under_test.start();
  outcome first;
  under_test.publish(make("a", first));
  while (server.count() < 1)
    std::this_thread::yield();
  under_test.wake(true);
  while (server.count() < 2)
    std::this_thread::yield();
  under_test.acknowledge(1, {});
  CAF_CHECK(first.get());
  CAF_CHECK_EQUAL(under_test.stop(1s), 0u);
}

CAF_TEST(what is left at the end is told and counted) {
  fake_server server;
  server.up = false;
  pump under_test{{.events = 10, .bytes = 10'000, .in_flight = 10, .time = 30s},
                  port_of(server, true)};
  under_test.start();
  outcome first;
  outcome second;
  under_test.publish(make("a", first));
  under_test.publish(make("b", second));
  CAF_CHECK_EQUAL(under_test.stop(10ms), 2u);
  CAF_CHECK(!first.get());
  CAF_CHECK(!second.get());
  outcome late;
  under_test.publish(make("c", late));
  CAF_CHECK(late.get().error().reason == errc::unavailable);
}
