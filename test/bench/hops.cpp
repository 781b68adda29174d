// Counts what a call costs in thread hops and in buffers of the body's size.
//
// A hop is a change of thread on the way of one call: handlers and continuations say on
// which thread they run. A buffer is an allocation at least as large as the body,
// counted in this process, which holds client and server: each stands for one copy of
// the body, a message's own field included.

#include "hops.mica.hpp"

#include "mica/actors/service.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <new>
#include <string>
#include <thread>

using mica::bench::Bytes;

namespace {

constexpr size_t body_size = 1024 * 1024;
constexpr int calls = 20;

std::atomic<size_t> threshold{SIZE_MAX};
std::atomic<size_t> large{0};

// Where the last call of each kind ran.
struct threads {
  std::atomic<std::thread::id> measured;
  std::atomic<std::thread::id> lane;
};

class measured : public mica::bench::measured_service {
public:
  explicit measured(threads* seen) : seen_(seen) {
    // nop
  }

  mica::reply<Bytes> take(mica::context&, const Bytes&) override {
    seen_->measured = std::this_thread::get_id();
    return Bytes{};
  }

  mica::reply<Bytes> give(mica::context&, const Bytes&) override {
    Bytes response;
    response.mutable_data()->assign(body_size, 'x');
    return response;
  }

private:
  threads* seen_;
};

class lane_probe : public mica::bench::lane_service {
public:
  explicit lane_probe(threads* seen) : seen_(seen) {
    // nop
  }

  mica::reply<Bytes> where(mica::context&, const Bytes&) override {
    seen_->lane = std::this_thread::get_id();
    return Bytes{};
  }

private:
  threads* seen_;
};

mica::service_options quiet() {
  mica::service_options result;
  result.registry_name = "memory";
  result.address = "127.0.0.1:0";
  return result;
}

void require(bool ok, const char* what) {
  if (ok)
    return;
  std::fprintf(stderr, "bench-hops: %s failed\n", what);
  std::exit(1);
}

// Body-sized buffers per call of `f`.
template <class F>
double buffers(F f) {
  f();
  large = 0;
  threshold = body_size;
  for (int i = 0; i < calls; ++i)
    f();
  threshold = SIZE_MAX;
  return double(large) / calls;
}

void measure(const char* name, mica::placement where) {
  threads seen;
  mica::service server{"measured", quiet()};
  server.handle<measured>({.placement = where}, &seen);
  server.handle<lane_probe>({.placement = mica::lane}, &seen);
  require(server.start().has_value(), "start");
  mica::service self{"bench.hops", quiet()};
  mica::bench::measured_client client{self, "measured"};
  mica::call_options options;
  options.address = server.address();
  options.retries = 0;

  Bytes small;
  require(client.take(small, options).has_value(), "take");
  require(mica::bench::lane_client(self, "measured").where(small, options).has_value(),
          "where");
  auto server_hops = seen.lane.load() == seen.measured.load() ? 0 : 2;

  // A continuation without an actor runs on the client's own lane.
  std::promise<std::thread::id> where_next;
  client.take(
      mica::caller{}, small,
      [&where_next](mica::expected<Bytes>) {
        where_next.set_value(std::this_thread::get_id());
      },
      options);
  auto blocking_hops =
      where_next.get_future().get() == std::this_thread::get_id() ? 0 : 2;

  Bytes large_request;
  large_request.mutable_data()->assign(body_size, 'x');
  auto in = buffers(
      [&] { require(client.take(large_request, options).has_value(), "take"); });
  auto out = buffers([&] { require(client.give(small, options).has_value(), "give"); });
  std::printf("%-8s %12d %16d %18.1f %18.1f\n", name, server_hops, blocking_hops, in,
              out);
}

} // namespace

void* operator new(size_t size) {
  if (size >= threshold.load(std::memory_order_relaxed))
    ++large;
  if (auto* result = std::malloc(size))
    return result;
  throw std::bad_alloc{};
}

void operator delete(void* what) noexcept {
  std::free(what);
}

void operator delete(void* what, size_t) noexcept {
  std::free(what);
}

int main() {
  std::printf("%-8s %12s %16s %18s %18s\n", "handler", "server hops", "blocking client",
              "buffers, request", "buffers, reply");
  measure("lane", mica::lane);
  measure("worker", mica::worker);
  measure("thread", mica::thread);
  return 0;
}
