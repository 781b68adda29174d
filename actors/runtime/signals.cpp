#include "runtime/signals.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace mica::detail {

namespace {

constexpr auto signals = std::array<int, 3>{{SIGTERM, SIGINT, SIGQUIT}};

// A signal handler belongs to the process, so this is the one place with state that
// all services of a process share. Waiters poll the descriptor and never read it:
// every one of them wakes.
std::atomic<int> wake_fd{-1};
std::atomic<int> arrived{0};
std::mutex mtx;
int users = 0;
std::array<struct sigaction, signals.size()> before;

void on_signal(int number) {
  auto expected = 0;
  arrived.compare_exchange_strong(expected, number);
  uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(wake_fd.load(), &one, sizeof(one));
}

} // namespace

stop_signals::stop_signals() {
  std::lock_guard guard{mtx};
  if (users++ > 0)
    return;
  arrived = 0;
  wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < signals.size(); ++i)
    sigaction(signals[i], &action, &before[i]);
}

stop_signals::~stop_signals() {
  std::lock_guard guard{mtx};
  if (--users > 0)
    return;
  for (size_t i = 0; i < signals.size(); ++i)
    sigaction(signals[i], &before[i], nullptr);
  ::close(wake_fd.exchange(-1));
}

int stop_signals::wait() {
  pollfd waiting{wake_fd.load(), POLLIN, 0};
  while (arrived.load() == 0)
    ::poll(&waiting, 1, -1);
  return arrived.load();
}

int stop_signals::wait(int other) {
  pollfd waiting[] = {{wake_fd.load(), POLLIN, 0}, {other, POLLIN, 0}};
  while (arrived.load() == 0 && (waiting[1].revents & POLLIN) == 0)
    ::poll(waiting, 2, -1);
  return arrived.load();
}

} // namespace mica::detail
