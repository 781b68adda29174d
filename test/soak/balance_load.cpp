// balance-load: nodes of a service, and calls to it at a steady rate, for kill9.sh.
//
//   balance-load serve [FLAGS]               a node; SIGUSR1 makes it 20 times slower
//   balance-load call SECONDS RATE METHOD SLOW [FLAGS]
//
// METHOD: work (idempotent) or once (not). SLOW: process of a node whose share of the
// last half is counted; 0 for none. Each call takes a node 2 ms, one at a time. Says
// `ready` when calls come through, and ends in `calls=N failed=N p99.9=Nms`.

#include "balanced.mica.hpp"

#include "mica/actors/service.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr auto work_time = 2ms;

std::atomic<int> slowness{1};

struct node : balanced_service {
  // The work is waiting: three nodes need not three cores.
  static WorkResponse result() {
    std::this_thread::sleep_for(work_time * slowness.load());
    WorkResponse response;
    response.set_pid(::getpid());
    return response;
  }

  mica::reply<WorkResponse> work(mica::context&, const WorkRequest&) override {
    return result();
  }

  mica::reply<WorkResponse> once(mica::context&, const WorkRequest&) override {
    return result();
  }
};

int serve(int argc, char** argv) {
  std::signal(SIGUSR1, [](int) { slowness = 20; });
  mica::service service{"balanced"};
  service.handle<node>({.placement = mica::thread});
  return service.run(argc, argv);
}

struct tally {
  std::mutex guard;
  std::vector<double> latencies;
  std::vector<std::string> failures;
  size_t late_calls = 0;
  size_t late_slow = 0;
};

void report(tally& what, int64_t slow) {
  auto& xs = what.latencies;
  std::sort(xs.begin(), xs.end());
  auto at = [&](double part) {
    auto index = static_cast<size_t>(part * static_cast<double>(xs.size()));
    return xs.empty() ? 0.0 : xs[std::min(index, xs.size() - 1)];
  };
  for (size_t i = 0; i < std::min<size_t>(what.failures.size(), 10); ++i)
    std::cerr << what.failures[i] << '\n';
  std::cout << "p50=" << at(0.5) << "ms p99=" << at(0.99) << "ms\n";
  if (slow != 0)
    std::cout << "slow node: "
              << 100.0 * static_cast<double>(what.late_slow)
                     / static_cast<double>(std::max<size_t>(what.late_calls, 1))
              << " % of the calls\n";
  std::cout << "calls=" << xs.size() + what.failures.size()
            << " failed=" << what.failures.size() << " p99.9=" << at(0.999) << "ms"
            << std::endl;
}

int call(int argc, char** argv) {
  auto seconds = std::chrono::seconds{std::stoi(argv[2])};
  auto rate = std::stoi(argv[3]);
  auto once = std::string{argv[4]} == "once";
  auto slow = std::stoll(argv[5]);
  argv[5] = argv[0];
  mica::service service{"balanced.load"};
  service.init(argc - 5, argv + 5);
  balanced_client client{service, "balanced"};
  WorkRequest request;
  for (auto end = clock_type::now() + 20s; !client.work(request, {.deadline = 1s});)
    if (clock_type::now() > end) {
      std::cerr << "balance-load: no call came through within 20 s\n";
      return 1;
    }
  std::cout << "ready" << std::endl;
  tally results;
  std::atomic<size_t> open{0};
  auto begin = clock_type::now();
  auto half = begin + seconds / 2;
  for (int64_t made = 0;; std::this_thread::sleep_for(1ms)) {
    auto now = clock_type::now();
    if (now - begin >= seconds)
      break;
    auto due = rate * (now - begin) / 1s;
    for (; made < due; ++made) {
      ++open;
      auto started = clock_type::now();
      auto done = [&, started](mica::expected<WorkResponse> x) {
        std::lock_guard guard{results.guard};
        if (x) {
          auto passed = clock_type::now() - started;
          results.latencies.push_back(
              std::chrono::duration<double, std::milli>(passed).count());
          results.late_calls += started >= half;
          results.late_slow += started >= half && x->pid() == slow;
        } else {
          results.failures.push_back(to_string(x.error()));
        }
        --open;
      };
      if (once)
        client.once(mica::caller{}, request, done);
      else
        client.work(mica::caller{}, request, done);
    }
  }
  while (open > 0)
    std::this_thread::sleep_for(1ms);
  service.stop();
  report(results, slow);
  return results.failures.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc >= 2 && argv[1] == std::string{"serve"})
    return serve(argc - 1, argv + 1);
  if (argc >= 6 && argv[1] == std::string{"call"})
    return call(argc, argv);
  std::cerr << "balance-load serve [FLAGS] | call SECONDS RATE METHOD SLOW [FLAGS]\n";
  return 2;
}
