// Calls without a break from eight threads. Of two services that run, one may be
// stopped meanwhile, and no call fails:
//
//   $ graceful-client
//   500 calls answered
//   1000 calls answered
//   1500 calls answered
//   2000 calls answered
//   0 failed

#include "work.mica.hpp"

#include "mica/actors/service.hpp"

#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr uint64_t calls = 2000;

struct tally {
  std::mutex mtx;
  uint64_t answered = 0;
  uint64_t failed = 0;

  void add(const mica::expected<graceful::Result>& result) {
    std::lock_guard guard{mtx};
    if (!result) {
      ++failed;
      std::cerr << to_string(result.error()) << std::endl;
    } else if (++answered % 500 == 0) {
      std::cout << answered << " calls answered" << std::endl;
    }
  }
};

} // namespace

int main(int argc, char** argv) {
  mica::service service{"worker.client"};
  service.init(argc, argv);
  graceful::worker_client client{service, "worker"};
  tally sum;
  std::atomic<uint64_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      graceful::Task task;
      for (auto number = next++; number < calls; number = next++) {
        task.set_number(number);
        sum.add(client.work(task));
      }
    });
  for (auto& thread : threads)
    thread.join();
  std::cout << sum.failed << " failed" << std::endl;
  return sum.failed > 0 ? 1 : 0;
}
