#include "runtime/runtime.hpp"

#include "runtime/heap.hpp"

#include <caf/io/middleman.hpp>

#include <csignal>
#include <cstring>
#include <pthread.h>
#include <sched.h>

namespace mica::detail {

namespace {

size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return 1;
  auto count = CPU_COUNT(&set);
  return count > 0 ? static_cast<size_t>(count) : 1;
}

// Threads inherit the mask of their creator.
class signals_blocked {
public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }

  ~signals_blocked() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

private:
  sigset_t before_;
};

} // namespace

runtime::config::config(size_t workers) {
  load<caf::io::middleman>();
  // Never read a file from whatever folder the program was started in.
  config_file_path.clear();
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", workers > 0 ? workers : usable_cores());
  set("scheduler.max-throughput", size_t{50});
  // More than one read per wake-up costs an extra recv that says EAGAIN.
  set("middleman.max-consecutive-reads", size_t{1});
  set("middleman.workers", size_t{0});
}

runtime::runtime(size_t workers) : config_(workers) {
  // CAF wakes its I/O thread by a plain write to a pipe.
  signal(SIGPIPE, SIG_IGN);
  keep_freed_memory();
  signals_blocked guard;
  system_ = std::make_unique<caf::actor_system>(config_);
}

runtime::~runtime() {
  // nop
}

bool may_block() noexcept {
  // CAF 0.17 names its workers and its I/O thread alike; detached actors run in
  // "caf.actor". Names are asked once per thread.
  static thread_local const bool result = [] {
    char name[16] = {};
    if (pthread_getname_np(pthread_self(), name, sizeof(name)) != 0)
      return true;
    return std::strcmp(name, "caf.multiplexer") != 0;
  }();
  return result;
}

} // namespace mica::detail
