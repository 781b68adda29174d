#include "gossip/transport.hpp"

#include "gossip/endpoint.hpp"
#include "gossip/socket_loop.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace mica::discovery::gossip {

namespace {

/// Ports that may be free for TCP and taken for UDP before we give up.
constexpr int bind_attempts = 16;
constexpr int listen_backlog = 128;
/// As memberlist asks for; the kernel may give less.
constexpr int receive_buffer = 2 * 1024 * 1024;

mica::error unavailable(const std::string& what, int code) {
  return {errc::unavailable, "gossip: " + what + ": " + std::strerror(code)};
}

mdns::unique_fd bind_to(const host_port& at, int type) {
  auto v6 = at.host.v6;
  mdns::unique_fd fd{
      socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd)
    return {};
  auto on = 1;
  auto off = 0;
  if (v6)
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (type == SOCK_STREAM)
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  else
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
               sizeof(receive_buffer));
  auto address = to_sockaddr(at, v6);
  if (bind(fd.get(), address.get(), address.size) != 0)
    return {};
  return fd;
}

uint16_t port_of(int fd) {
  socket_address x;
  x.size = sizeof(x.storage);
  if (getsockname(fd, x.get(), &x.size) != 0)
    return 0;
  return from_sockaddr(x).port;
}

/// Starts a thread that no signal of the program reaches.
template <class F>
std::thread quiet_thread(const char* name, F f) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread result;
  try {
    result = std::thread{std::move(f)};
    pthread_setname_np(result.native_handle(), name);
  } catch (const std::system_error&) {
    // No thread: the caller sees that it is not joinable.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

name_answer look_up(size_t seed, const std::string& name) {
  name_answer result;
  result.seed = seed;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto code = getaddrinfo(name.c_str(), nullptr, &hints, &found); code != 0) {
    result.why = gai_strerror(code);
    return result;
  }
  constexpr size_t max_addresses = 16;
  for (auto x = found; x && result.hosts.size() < max_addresses; x = x->ai_next) {
    socket_address address;
    std::memcpy(&address.storage, x->ai_addr, x->ai_addrlen);
    result.hosts.push_back(from_sockaddr(address).host);
  }
  freeaddrinfo(found);
  return result;
}

} // namespace

void transport::shared::notify() {
  uint64_t one = 1;
  // Fails only if the counter is full, and then the thread is awake.
  [[maybe_unused]] auto n = ::write(wake.get(), &one, sizeof(one));
}

void transport::shared::resolve_all() {
  for (;;) {
    std::pair<size_t, std::string> next;
    {
      std::lock_guard guard{mutex};
      if (names.empty() || stopped) {
        resolving = false;
        return;
      }
      next = std::move(names.front());
      names.pop_front();
    }
    auto answer = look_up(next.first, next.second);
    std::lock_guard guard{mutex};
    answers.push_back(std::move(answer));
    notify();
  }
}

transport::transport(std::shared_ptr<shared> state) : shared_(std::move(state)) {
  // nop
}

expected<std::unique_ptr<transport>> transport::open(const host_port& bind) {
  auto state = std::make_shared<shared>();
  state->wake = mdns::unique_fd{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  if (!state->wake)
    return unavailable("no file descriptor is left", errno);
  auto at = bind;
  auto attempts = bind.port == 0 ? bind_attempts : 1;
  for (auto i = 0; i < attempts; ++i) {
    at.port = bind.port;
    state->listener = bind_to(at, SOCK_STREAM);
    if (!state->listener || listen(state->listener.get(), listen_backlog) != 0)
      return unavailable("can't listen on " + to_string(bind) + " (TCP)", errno);
    at.port = port_of(state->listener.get());
    state->udp = bind_to(at, SOCK_DGRAM);
    if (state->udp)
      break;
  }
  if (!state->udp)
    return unavailable("can't listen on " + to_string(at) + " (UDP)", errno);
  state->bound = at;
  return std::unique_ptr<transport>{new transport{std::move(state)}};
}

const host_port& transport::bound() const noexcept {
  return shared_->bound;
}

expected<void> transport::start(std::function<void(arrivals)> deliver) {
  shared_->deliver = std::move(deliver);
  thread_ =
      quiet_thread("mica.gossip", [state = shared_] { socket_loop{*state}.run(); });
  if (!thread_.joinable())
    return mica::error{errc::unavailable, "gossip: no thread is to be had"};
  return {};
}

transport::~transport() {
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

void transport::send(const packet& x) const {
  auto to = to_sockaddr(x.to, shared_->bound.host.v6);
  if (to.size > 0)
    (void)sendto(shared_->udp.get(), x.bytes.data(), x.bytes.size(), MSG_NOSIGNAL,
                 to.get(), to.size);
}

void transport::carry_out(std::vector<stream_order> orders) {
  if (orders.empty())
    return;
  {
    std::lock_guard guard{shared_->mutex};
    std::move(orders.begin(), orders.end(), std::back_inserter(shared_->orders));
  }
  shared_->notify();
}

void transport::resolve(size_t seed, std::string name) {
  std::lock_guard guard{shared_->mutex};
  if (shared_->names.size() >= max_names) {
    shared_->answers.push_back({seed, {}, "too many names are being looked up"});
    return shared_->notify();
  }
  shared_->names.emplace_back(seed, std::move(name));
  if (shared_->resolving)
    return;
  auto helper = quiet_thread("mica.gossip.dns", [state = shared_] { //
    state->resolve_all();
  });
  shared_->resolving = helper.joinable();
  // It may hang in a lookup; nothing but its memory depends on it.
  if (helper.joinable())
    helper.detach();
}

void transport::wake_at(time_point when) {
  auto at = when.time_since_epoch().count();
  auto before = shared_->deadline.exchange(at);
  // A later wish needs no wake-up: the thread looks again when it wakes too early.
  if (at < before)
    shared_->notify();
}

void transport::done() {
  if (shared_->batches.fetch_sub(1) == max_batches)
    shared_->notify();
}

} // namespace mica::discovery::gossip
