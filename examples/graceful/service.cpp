// Takes its time for each call. SIGTERM in the middle of it costs nobody anything: the
// service leaves the registry, answers what it has accepted, and ends.
//
// 2026/01/31 12:00:00 Listening on [::]:50137
// 2026/01/31 12:00:00 Registry [mdns] by default: no Consul agent answers
// 2026/01/31 12:00:00 Broker Listening on [::]:50138
// 2026/01/31 12:00:00 Registering node: worker-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52
// 2026/01/31 12:00:02 Deregistering node: worker-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52
// answered 1043 calls

#include "work.mica.hpp"

#include "mica/actors/service.hpp"

#include <atomic>
#include <iostream>
#include <thread>

using namespace graceful;

// [service]
struct worker : worker_service {
  explicit worker(std::atomic<uint64_t>* answered) : answered_(answered) {
    // nop
  }

  mica::reply<Result> work(mica::context&, const Task& task) override {
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
    ++*answered_;
    Result result;
    result.set_number(task.number());
    return result;
  }

private:
  std::atomic<uint64_t>* answered_;
};

int main(int argc, char** argv) {
  std::atomic<uint64_t> answered{0};
  mica::service service{"worker"};
  // It may block there: the thread is its own.
  service.handle<worker>({.placement = mica::placement::thread}, &answered);
  auto status = service.run(argc, argv);
  // By now every call has its answer.
  std::cerr << "answered " << answered << " calls" << std::endl;
  return status;
}
// [service]
