#include "mdns/reader.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace mica::discovery::mdns {

namespace {

constexpr auto never = time_point::max().time_since_epoch().count();

} // namespace

struct reader::shared {
  std::shared_ptr<const sockets> from;
  std::function<void(arrivals)> deliver;
  unique_fd wake{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  unique_fd links{open_link_monitor()};
  std::atomic<time_point::rep> deadline{never};
  std::atomic<int> batches{0};
  std::atomic<bool> stopped{false};

  void notify() {
    uint64_t one = 1;
    // Fails only if the counter is full, and then the thread is awake.
    [[maybe_unused]] auto n = write(wake.get(), &one, sizeof(one));
  }

  void run();
  int timeout() const;
  void read_all(const std::vector<pollfd>& ready, arrivals& to) const;
};

// Milliseconds for poll: rounded up, so that the deadline has passed afterwards.
int reader::shared::timeout() const {
  auto at = deadline.load();
  if (at == never)
    return -1;
  auto left = time_point{time_point::duration{at}} - std::chrono::steady_clock::now();
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(ms, 0, 60'000));
}

void reader::shared::read_all(const std::vector<pollfd>& ready, arrivals& to) const {
  for (auto& x : ready) {
    if (x.revents == 0)
      continue;
    datagram next;
    while (to.datagrams.size() < batch_size && sockets::receive(x.fd, next))
      to.datagrams.push_back(std::move(next));
  }
}

void reader::shared::run() {
  std::vector<pollfd> fds{{wake.get(), POLLIN, 0}, {links.get(), POLLIN, 0}};
  auto own = fds.size();
  for (auto fd : from->descriptors())
    fds.push_back({fd, POLLIN, 0});
  for (;;) {
    // A busy owner leaves datagrams to the kernel.
    auto count = batches.load() < max_batches ? fds.size() : own;
    if (poll(fds.data(), count, timeout()) < 0 && errno != EINTR)
      return;
    if (stopped)
      return;
    arrivals news;
    uint64_t counter = 0;
    if (fds[0].revents != 0 && read(wake.get(), &counter, sizeof(counter)) < 0)
      counter = 0;
    if (fds[1].revents != 0) {
      drain_link_monitor(links.get());
      news.links_changed = true;
    }
    std::vector<pollfd> ready{fds.begin() + static_cast<ptrdiff_t>(own),
                              fds.begin() + static_cast<ptrdiff_t>(count)};
    read_all(ready, news);
    auto at = deadline.load();
    auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    news.due = at <= now && deadline.compare_exchange_strong(at, never);
    for (auto& x : fds)
      x.revents = 0;
    if (!news.due && !news.links_changed && news.datagrams.empty())
      continue;
    ++batches;
    deliver(std::move(news));
  }
}

reader::reader(std::shared_ptr<const sockets> from)
  : shared_(std::make_shared<shared>()) {
  shared_->from = std::move(from);
}

expected<void> reader::ready() const {
  if (shared_->wake)
    return {};
  return mica::error{errc::unavailable, "mdns: no file descriptor is left"};
}

expected<void> reader::start(std::function<void(arrivals)> deliver) {
  shared_->deliver = std::move(deliver);
  // Signals belong to the threads of the program.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  expected<void> result;
  try {
    thread_ = std::thread{[state = shared_] { state->run(); }};
    pthread_setname_np(thread_.native_handle(), "mica.mdns");
  } catch (const std::system_error& failure) {
    result = mica::error{errc::unavailable,
                         std::string{"mdns: can't start a thread: "} + failure.what()};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

reader::~reader() {
  shared_->stopped = true;
  shared_->notify();
  if (!thread_.joinable())
    return;
  // The last reference to the owner may go while the thread delivers.
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void reader::wake_at(time_point when) {
  auto at = when.time_since_epoch().count();
  auto before = shared_->deadline.exchange(at);
  // A later wish needs no wake-up: the thread looks again when it wakes too early.
  if (at < before)
    shared_->notify();
}

void reader::done() {
  if (shared_->batches.fetch_sub(1) == max_batches)
    shared_->notify();
}

} // namespace mica::discovery::mdns
