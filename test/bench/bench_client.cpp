// Our client under load:
//
//   bench-client HOST:PORT CALLS_IN_FLIGHT SECONDS
//
// prints `c=N rps=N p50=Nus p99=Nus errors=N`. Calls go to helloworld's Greeter.

#include "helloworld.mica.hpp"

#include "mica/actors/service.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using helloworld::HelloReply;
using helloworld::HelloRequest;

namespace {

struct result {
  std::vector<uint32_t> microseconds;
  uint64_t errors = 0;
};

// Each of these chains keeps one call in flight; continuations run on the lane.
class chain {
public:
  chain(mica::service& via, std::string address, clock_type::time_point end)
    : client_(via, "greeter"),
      end_(end) {
    options_.address = std::move(address);
    request_.set_name("John");
    result_.microseconds.reserve(1 << 20);
  }

  void next() {
    started_ = clock_type::now();
    if (started_ >= end_) {
      done_ = true;
      done_.notify_all();
      return;
    }
    client_.say_hello(
        mica::caller{}, request_,
        [this](mica::expected<HelloReply> reply) {
          if (reply && reply->message() == "Hello John")
            result_.microseconds.push_back(static_cast<uint32_t>(
                (clock_type::now() - started_) / std::chrono::microseconds{1}));
          else
            ++result_.errors;
          next();
        },
        options_);
  }

  result& wait() {
    done_.wait(false);
    return result_;
  }

private:
  helloworld::greeter_client client_;
  mica::call_options options_;
  HelloRequest request_;
  clock_type::time_point end_;
  clock_type::time_point started_;
  std::atomic<bool> done_{false};
  result result_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench-client HOST:PORT CALLS_IN_FLIGHT SECONDS" << std::endl;
    return 2;
  }
  auto in_flight = std::stoul(argv[2]);
  auto seconds = std::stoul(argv[3]);
  mica::service_options options;
  options.registry_name = "memory";
  mica::service self{"bench.client", options};
  auto start = clock_type::now();
  std::vector<std::unique_ptr<chain>> chains;
  for (size_t i = 0; i < in_flight; ++i)
    chains.push_back(
        std::make_unique<chain>(self, argv[1], start + std::chrono::seconds{seconds}));
  for (auto& x : chains)
    x->next();
  std::vector<uint32_t> all;
  uint64_t errors = 0;
  for (auto& x : chains) {
    auto& part = x->wait();
    all.insert(all.end(), part.microseconds.begin(), part.microseconds.end());
    errors += part.errors;
  }
  auto elapsed = std::chrono::duration<double>(clock_type::now() - start).count();
  std::sort(all.begin(), all.end());
  auto quantile = [&all](double q) {
    return all.empty() ? 0u : all[static_cast<size_t>(q * double(all.size() - 1))];
  };
  std::printf("c=%zu rps=%.0f p50=%uus p99=%uus errors=%llu\n", in_flight,
              double(all.size()) / elapsed, quantile(0.5), quantile(0.99),
              static_cast<unsigned long long>(errors));
  return errors == 0 && !all.empty() ? 0 : 1;
}
