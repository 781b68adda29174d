// Our client under load:
//
//   bench-client HOST:PORT unary|chat|collect IN_FLIGHT SECONDS [BYTES [CA]]
//   bench-client HOST:PORT push STREAMS MEBIBYTES [BYTES [CA]]
//
// chat: so many ping-pong streams over one connection. collect: one-way streams. push:
// the same, up to so many bytes on each. Prints
// `c=N rps=N p50=Nus p99=Nus errors=N peak=NKiB`, calls or messages, times of unary
// calls alone, and the most memory that was resident. Calls go to helloworld's Greeter
// by the protocol that MICRO_CLIENT names.

#include "helloworld.mica.hpp"

#include "mica/actors/service.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

using clock_type = std::chrono::steady_clock;
using helloworld::greeter_client;
using helloworld::HelloReply;
using helloworld::HelloRequest;

namespace {

// What a chain calls, and until when.
struct job {
  greeter_client client;
  mica::call_options options;
  std::string name;
  clock_type::time_point end;
  /// Of messages on one stream.
  uint64_t most = UINT64_MAX;
};

// KiB.
long peak_resident() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// One chain of calls or messages; continuations run on the lane.
class chain {
public:
  explicit chain(job what) : job_(std::move(what)) {
    request_.set_name(job_.name);
    expected_ = "Hello " + job_.name;
  }

  chain(const chain&) = delete;
  chain& operator=(const chain&) = delete;
  virtual ~chain() = default;

  virtual void start() = 0;

  /// Any thread, after the end.
  void wait() {
    done_.wait(false);
  }

  uint64_t count = 0;
  uint64_t errors = 0;
  std::vector<uint32_t> microseconds;

protected:
  void finish() {
    done_ = true;
    done_.notify_all();
  }

  bool over() const {
    return count >= job_.most || clock_type::now() >= job_.end;
  }

  job job_;
  HelloRequest request_;
  std::string expected_;

private:
  std::atomic<bool> done_{false};
};

// Keeps one call in flight.
class unary_chain : public chain {
public:
  explicit unary_chain(job what) : chain(std::move(what)) {
    microseconds.reserve(1 << 20);
  }

  void start() override {
    started_ = clock_type::now();
    if (started_ >= job_.end)
      return finish();
    job_.client.say_hello(
        mica::caller{}, request_,
        [this](mica::expected<HelloReply> reply) {
          if (reply && reply->message() == expected_) {
            ++count;
            microseconds.push_back(static_cast<uint32_t>(
                (clock_type::now() - started_) / std::chrono::microseconds{1}));
          } else {
            ++errors;
          }
          start();
        },
        job_.options);
  }

private:
  clock_type::time_point started_;
};

class chat_chain : public chain {
public:
  using chain::chain;

  void start() override {
    auto peer = job_.client.chat(mica::caller{}, job_.options);
    peer.at_home([this, peer] { run(peer).detach(); });
  }

private:
  mica::task run(mica::stream<HelloReply, HelloRequest> peer) {
    HelloReply reply;
    while (!over()) {
      if (!co_await peer.write(request_) || !co_await peer.read(reply))
        break;
      if (reply.message() == expected_)
        ++count;
      else
        ++errors;
    }
    peer.end();
    while (co_await peer.read(reply))
      ++errors;
    if (peer.failure()) {
      ++errors;
      std::fprintf(stderr, "chat: %s\n", to_string(peer.failure()).c_str());
    }
    finish();
  }
};

class collect_chain : public chain {
public:
  using chain::chain;

  void start() override {
    auto peer = job_.client.collect(mica::caller{}, job_.options);
    peer.at_home([this, peer] { run(peer).detach(); });
  }

private:
  mica::task run(mica::stream<HelloReply, HelloRequest> peer) {
    // GCC 12 writes once more when `co_await` stands behind `&&` in this condition.
    while (!over()) {
      if (!co_await peer.write(request_))
        break;
      ++count;
    }
    peer.end();
    HelloReply reply;
    if (!co_await peer.read(reply) || reply.message() != std::to_string(count)) {
      ++errors;
      std::fprintf(stderr, "collect: sent %llu, reply \"%s\", %s\n",
                   static_cast<unsigned long long>(count), reply.message().c_str(),
                   to_string(peer.failure()).c_str());
    }
    finish();
  }
};

std::unique_ptr<chain> make_chain(const std::string& kind, job what) {
  if (kind == "unary")
    return std::make_unique<unary_chain>(std::move(what));
  if (kind == "chat")
    return std::make_unique<chat_chain>(std::move(what));
  if (kind == "collect" || kind == "push")
    return std::make_unique<collect_chain>(std::move(what));
  return nullptr;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc > 7) {
    std::cerr << "usage: bench-client HOST:PORT unary|chat|collect IN_FLIGHT SECONDS "
                 "[BYTES [CA]]\n       bench-client HOST:PORT push STREAMS MEBIBYTES "
                 "[BYTES [CA]]"
              << std::endl;
    return 2;
  }
  std::string kind = argv[2];
  auto in_flight = std::stoul(argv[3]);
  if (argc > 6) {
    setenv("MICA_CLIENT_TLS", "true", 1);
    setenv("MICA_CLIENT_TLS_CA_FILE", argv[6], 1);
  }
  // Connections belong to a client; its lane does the work of all of them.
  mica::service_options options;
  options.registry_name = "memory";
  mica::service self{"bench.client", options};
  char* no_flags[] = {argv[0], nullptr};
  self.init(1, no_flags);
  mica::call_options call;
  call.address = argv[1];
  auto name = argc > 5 ? std::string(std::stoul(argv[5]), 'x') : "John";
  auto start = clock_type::now();
  auto end = start + std::chrono::hours{24};
  auto most = UINT64_MAX;
  if (kind == "push")
    most = (std::stoull(argv[4]) << 20) / std::max<size_t>(name.size(), 1);
  else
    end = start + std::chrono::seconds{std::stoul(argv[4])};
  std::vector<std::unique_ptr<chain>> chains;
  for (size_t i = 0; i < in_flight; ++i) {
    chains.push_back(
        make_chain(kind, {greeter_client{self, "greeter"}, call, name, end, most}));
    if (!chains.back()) {
      std::cerr << "bench-client: unary, chat, collect or push, not " << kind
                << std::endl;
      return 2;
    }
  }
  for (auto& x : chains)
    x->start();
  std::vector<uint32_t> times;
  uint64_t count = 0;
  uint64_t errors = 0;
  for (auto& x : chains) {
    x->wait();
    count += x->count;
    errors += x->errors;
    times.insert(times.end(), x->microseconds.begin(), x->microseconds.end());
  }
  auto elapsed = std::chrono::duration<double>(clock_type::now() - start).count();
  std::sort(times.begin(), times.end());
  auto quantile = [&times](double q) {
    return times.empty() ? 0u
                         : times[static_cast<size_t>(q * double(times.size() - 1))];
  };
  std::printf("c=%zu rps=%.0f p50=%uus p99=%uus errors=%llu peak=%ldKiB\n", in_flight,
              double(count) / elapsed, quantile(0.5), quantile(0.99),
              static_cast<unsigned long long>(errors), peak_resident());
  return errors == 0 && count > 0 ? 0 : 1;
}
