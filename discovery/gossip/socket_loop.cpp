#include "gossip/socket_loop.hpp"

#include "gossip/endpoint.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mica::discovery::gossip {

namespace {

using kind = stream_news::kind;

constexpr size_t largest_datagram = 65'536;
/// After the kernel had no descriptor for a stream that waits.
constexpr milliseconds accept_pause{100};

mica::error failed(const char* what, int code) {
  return {errc::connection_failed, std::string{what} + ": " + std::strerror(code)};
}

bool try_again(int code) {
  return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

} // namespace

// Milliseconds for poll: rounded up, so that the deadline has passed afterwards.
int socket_loop::timeout() const {
  auto at = time_point{time_point::duration{shared_.deadline.load()}};
  for (auto& [id, x] : streams_)
    at = std::min(at, x.deadline);
  if (accept_after_ > std::chrono::steady_clock::now())
    at = std::min(at, accept_after_);
  auto left = at - std::chrono::steady_clock::now();
  auto ms = std::chrono::ceil<milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(ms, 0, 60'000));
}

void socket_loop::report(stream_id id, mica::error why, arrivals& news) {
  news.streams.push_back({kind::ended, id, {}, std::move(why)});
}

void socket_loop::open(stream_order& x, arrivals& news) {
  auto to = to_sockaddr(x.to, x.to.host.v6);
  stream next;
  next.fd = mdns::unique_fd{
      socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!next.fd)
    return report(x.id, failed("no socket", errno), news);
  if (connect(next.fd.get(), to.get(), to.size) != 0) {
    if (errno != EINPROGRESS)
      return report(x.id, failed("can't connect", errno), news);
    next.connecting = true;
  }
  next.unsent = std::move(x.bytes);
  next.last = x.last;
  next.deadline = std::chrono::steady_clock::now() + 2 * stream_time;
  auto& held = streams_[x.id] = std::move(next);
  if (!held.connecting && !write(x.id, held, news))
    streams_.erase(x.id);
}

void socket_loop::obey(arrivals& news) {
  std::vector<stream_order> orders;
  {
    std::lock_guard guard{shared_.mutex};
    orders.swap(shared_.orders);
    news.names.swap(shared_.answers);
  }
  for (auto& x : orders) {
    if (x.what == stream_order::kind::open) {
      open(x, news);
      continue;
    }
    auto found = streams_.find(x.id);
    if (found == streams_.end())
      continue;
    if (x.what == stream_order::kind::write) {
      found->second.unsent += x.bytes;
      found->second.last = x.last;
      found->second.deadline = std::chrono::steady_clock::now() + stream_time;
      if (found->second.connecting || write(x.id, found->second, news))
        continue;
    }
    streams_.erase(found);
  }
}

void socket_loop::receive(arrivals& news) {
  thread_local std::string buffer(largest_datagram, '\0');
  while (news.datagrams.size() < transport::batch_size) {
    socket_address from;
    from.size = sizeof(from.storage);
    auto n = recvfrom(shared_.udp.get(), buffer.data(), buffer.size(), 0, from.get(),
                      &from.size);
    // Also errors of earlier sends, e.g. that nobody listens there.
    if (n < 0) {
      if (try_again(errno))
        return;
      continue;
    }
    news.datagrams.push_back(
        {buffer.substr(0, static_cast<size_t>(n)), from_sockaddr(from)});
  }
}

void socket_loop::accept_all(arrivals& news) {
  for (size_t i = 0; i < transport::batch_size; ++i) {
    mdns::unique_fd fd{accept4(shared_.listener.get(), nullptr, nullptr,
                               SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!fd) {
      // It would be reported again at once, and again.
      if (!try_again(errno))
        accept_after_ = std::chrono::steady_clock::now() + accept_pause;
      return;
    }
    auto id = last_accepted_ += 2;
    auto& x = streams_[id];
    x.fd = std::move(fd);
    x.deadline = std::chrono::steady_clock::now() + 2 * stream_time;
    news.streams.push_back({kind::accepted, id, {}, {}});
  }
}

bool socket_loop::write(stream_id id, stream& x, arrivals& news) {
  while (x.sent < x.unsent.size()) {
    auto n = ::send(x.fd.get(), x.unsent.data() + x.sent, x.unsent.size() - x.sent,
                    MSG_NOSIGNAL);
    if (n < 0) {
      if (try_again(errno))
        return true;
      report(id, failed("can't send", errno), news);
      return false;
    }
    x.sent += static_cast<size_t>(n);
  }
  x.unsent.clear();
  x.sent = 0;
  if (!x.last)
    return true;
  report(id, {}, news);
  return false;
}

bool socket_loop::read(stream_id id, stream& x, arrivals& news) {
  std::string buffer(transport::piece_size, '\0');
  auto n = recv(x.fd.get(), buffer.data(), buffer.size(), 0);
  if (n < 0 && try_again(errno))
    return true;
  if (n <= 0) {
    auto code = n < 0 ? errno : 0;
    report(id,
           code ? failed("lost", code)
                : mica::error{errc::connection_lost, "the peer closed the stream"},
           news);
    return false;
  }
  buffer.resize(static_cast<size_t>(n));
  buffer.shrink_to_fit();
  news.streams.push_back({kind::bytes, id, std::move(buffer), {}});
  return true;
}

void socket_loop::serve(const std::vector<pollfd>& ready,
                        const std::vector<stream_id>& ids, arrivals& news) {
  for (size_t i = 0; i < ready.size(); ++i) {
    auto events = ready[i].revents;
    auto found = streams_.find(ids[i]);
    if (events == 0 || found == streams_.end())
      continue;
    auto& [id, x] = *found;
    if (x.connecting && (events & (POLLOUT | POLLERR | POLLHUP)) != 0) {
      auto code = 0;
      socklen_t size = sizeof(code);
      getsockopt(x.fd.get(), SOL_SOCKET, SO_ERROR, &code, &size);
      x.connecting = false;
      if (code != 0) {
        report(id, failed("can't connect", code), news);
        streams_.erase(found);
        continue;
      }
    }
    auto going = true;
    if ((events & POLLOUT) != 0)
      going = write(id, x, news);
    if (going && (events & (POLLIN | POLLERR | POLLHUP)) != 0
        && news.streams.size() < transport::batch_size)
      going = read(id, x, news);
    if (!going)
      streams_.erase(found);
  }
}

void socket_loop::end_late() {
  auto now = std::chrono::steady_clock::now();
  std::erase_if(streams_, [&](const auto& x) { return x.second.deadline <= now; });
}

void socket_loop::run() {
  std::vector<pollfd> fds;
  std::vector<stream_id> ids;
  while (!shared_.stopped) {
    // A busy owner leaves everything to the kernel.
    auto reading = shared_.batches.load() < transport::max_batches;
    short in = reading ? POLLIN : 0;
    auto accepting = reading && accept_after_ <= std::chrono::steady_clock::now();
    short in_listener = accepting ? POLLIN : 0;
    fds.assign({{shared_.wake.get(), POLLIN, 0},
                {shared_.udp.get(), in, 0},
                {shared_.listener.get(), in_listener, 0}});
    ids.clear();
    for (auto& [id, x] : streams_) {
      auto unsent = x.connecting || x.sent < x.unsent.size();
      short events =
          static_cast<short>((x.connecting ? 0 : in) | (unsent ? POLLOUT : 0));
      // Hang-ups are reported unasked.
      fds.push_back({reading || unsent ? x.fd.get() : -1, events, 0});
      ids.push_back(id);
    }
    if (poll(fds.data(), fds.size(), timeout()) < 0 && errno != EINTR)
      return;
    uint64_t counter = 0;
    if (fds[0].revents != 0
        && ::read(shared_.wake.get(), &counter, sizeof(counter)) < 0)
      counter = 0;
    if (shared_.stopped)
      return;
    arrivals news;
    // First those that were polled: new ones may get a number that is free again.
    serve({fds.begin() + 3, fds.end()}, ids, news);
    obey(news);
    if (reading && fds[1].revents != 0)
      receive(news);
    if (accepting && fds[2].revents != 0)
      accept_all(news);
    end_late();
    auto at = shared_.deadline.load();
    auto never = time_point::max().time_since_epoch().count();
    auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto due = at <= now && shared_.deadline.compare_exchange_strong(at, never);
    if (!due && news.datagrams.empty() && news.streams.empty() && news.names.empty())
      continue;
    ++shared_.batches;
    shared_.deliver(std::move(news));
  }
}

} // namespace mica::discovery::gossip
