#include "io/listen_address.hpp"
#include "io/sockaddr.hpp"
#include "io/unix_socket.hpp"
#include "io/writable_watch.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/socket_layer.hpp"

#include <caf/io/broker.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mica::net {

namespace {

using caf::io::accept_handle;
using caf::io::broker;
using caf::io::connection_handle;

// Descriptors left to the rest of the process when an acceptor pauses.
constexpr rlim_t spare_descriptors = 32;

constexpr size_t max_pieces = 64;

std::string system_text(int code) {
  return std::strerror(code);
}

int fd_of(connection_handle which) {
  return static_cast<int>(which.id());
}

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {
    // nop
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int get() const {
    return fd_;
  }
  int release() {
    return std::exchange(fd_, -1);
  }

private:
  int fd_;
};

// The descriptor limit at its hard bound: each connection costs one.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    auto wanted = limit;
    wanted.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
      return wanted.rlim_cur;
  }
  return limit.rlim_cur;
}

// The state of RFC 9293 that tells a peer that sends no more from one that is gone.
int tcp_state(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return TCP_CLOSE;
  return info.tcpi_state;
}

// A shared port would be joined even if it is another service's: whoever is first asks
// without sharing whether anybody is there.
int probe(const socket_address& where) {
  descriptor fd{::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  const int off = 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (where.family() == AF_INET6)
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  return ::bind(fd.get(), where.data(), where.size()) == 0 && ::listen(fd.get(), 1) == 0
             ? 0
             : errno;
}

expected<int> try_listen(const socket_address& where, port_sharing sharing,
                         int& problem) {
  auto refused = [&](int why) {
    problem = why;
    return error{errc::unavailable, "cannot listen on " + to_text(where) + ": "
                                        + system_text(why)
                                        + "; choose another address, or port 0"};
  };
  if (sharing == port_sharing::first)
    if (auto why = probe(where); why != 0)
      return refused(why);
  descriptor fd{
      ::socket(where.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  const int off = 0;
  auto ok =
      fd.get() >= 0
      && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0
      && (sharing == port_sharing::none
          || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0)
      && (where.family() != AF_INET6
          || setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0)
      && ::bind(fd.get(), where.data(), where.size()) == 0
      && ::listen(fd.get(), SOMAXCONN) == 0;
  if (ok)
    return fd.release();
  return refused(errno);
}

class native_layer : public socket_layer {
public:
  explicit native_layer(port_sharing sharing)
    : sharing_(sharing),
      max_descriptors_(raise_descriptor_limit()) {
    // nop
  }

  expected<std::pair<accept_handle, std::string>>
  listen(broker& owner, std::string_view text) override {
    if (is_unix_address(text)) {
      if (sharing_ != port_sharing::none)
        return error{errc::invalid_argument,
                     "cannot listen on " + std::string{text}
                         + " on several I/O threads: a Unix socket has one listener; "
                           "leave lanes at 1, or listen on a port"};
      auto made = listen_unix(text);
      if (!made)
        return std::move(made.error());
      files_.push_back(std::move(made->file));
      return std::make_pair(owner.add_doorman(made->fd), std::string{text});
    }
    auto address = parse_listen_address(text);
    if (!address)
      return std::move(address.error());
    for (uint32_t port = address->first_port;; ++port) {
      auto where = parse_numeric({address->host, static_cast<uint16_t>(port)});
      if (!where)
        return std::move(where.error());
      int problem = 0;
      auto fd = try_listen(*where, sharing_, problem);
      if (!fd && problem == EAFNOSUPPORT && address->any_family) {
        // No IPv6 in this kernel or container.
        address->host = "0.0.0.0";
        --port;
        address->any_family = false;
        continue;
      }
      if (fd) {
        auto bound = to_text(own_address(*fd));
        return std::make_pair(owner.add_doorman(*fd), std::move(bound));
      }
      if (problem != EADDRINUSE || port >= address->last_port)
        return std::move(fd.error());
    }
  }

  void unlisten(std::string_view bound) override {
    auto gone = [bound](const socket_file& x) { return x.address == bound; };
    for (const auto& x : files_)
      if (gone(x))
        x.remove();
    std::erase_if(files_, gone);
  }

  expected<connection_handle> connect(broker& owner, std::string_view text) override {
    auto where = parse_socket_address(text);
    if (!where)
      return std::move(where.error());
    descriptor fd{
        ::socket(where->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (fd.get() < 0
        || (::connect(fd.get(), where->data(), where->size()) != 0
            && errno != EINPROGRESS))
      return error{errc::connection_failed, system_text(errno)};
    return owner.add_scribe(fd.release());
  }

  expected<bool> connected(broker&, connection_handle which) override {
    int problem = 0;
    socklen_t size = sizeof(problem);
    if (getsockopt(fd_of(which), SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
      problem = errno;
    if (problem != 0)
      return error{errc::connection_failed, system_text(problem)};
    // A Unix socket connects at once or not at all.
    if (own_address(fd_of(which)).family() == AF_UNIX)
      return true;
    auto state = tcp_state(fd_of(which));
    if (state == TCP_SYN_SENT)
      return false;
    if (state == TCP_CLOSE)
      return error{errc::connection_failed, system_text(ECONNABORTED)};
    return true;
  }

  bool room() override {
    descriptor probe{eventfd(0, EFD_CLOEXEC)};
    return probe.get() >= 0
           && static_cast<rlim_t>(probe.get()) + spare_descriptors < max_descriptors_;
  }

  std::ptrdiff_t write(broker&, connection_handle to,
                       std::span<const std::string_view> parts) override {
    std::array<iovec, max_pieces> pieces;
    auto count = std::min(parts.size(), pieces.size());
    for (size_t i = 0; i < count; ++i)
      pieces[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    ssize_t result;
    do
      result = sendmsg(fd_of(to), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (result < 0 && errno == EINTR);
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
      return 0;
    return result;
  }

  bool notify_writable(broker& owner, connection_handle which) override {
    using caf::io::network::default_multiplexer;
    auto& lane = dynamic_cast<default_multiplexer&>(owner.backend());
    return writable_watch::start(lane, fd_of(which), caf::actor{&owner}, which);
  }

  void abort(broker& owner, connection_handle which) override {
    if (!owner.valid(which))
      return;
    const linger reset{1, 0};
    setsockopt(fd_of(which), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    ::shutdown(fd_of(which), SHUT_RDWR);
    owner.close(which);
  }

  void half_close(broker&, connection_handle which) override {
    ::shutdown(fd_of(which), SHUT_WR);
  }

  std::optional<connection_handle> keep_writing(broker& owner,
                                                connection_handle which) override {
    if (tcp_state(fd_of(which)) != TCP_CLOSE_WAIT && !half_closed_by_peer(fd_of(which)))
      return std::nullopt;
    descriptor copy{fcntl(fd_of(which), F_DUPFD_CLOEXEC, 0)};
    if (copy.get() < 0)
      return std::nullopt;
    return owner.add_scribe(copy.release());
  }

  bool quiet(broker&, connection_handle which) override {
    char byte;
    auto got = recv(fd_of(which), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  bool peer_left(broker&, connection_handle which) override {
    pollfd state{fd_of(which), POLLRDHUP, 0};
    return poll(&state, 1, 0) > 0
           && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  std::pair<std::string, std::string> addresses(broker&,
                                                connection_handle which) override {
    return {to_text(peer_address(fd_of(which))), to_text(own_address(fd_of(which)))};
  }

private:
  port_sharing sharing_;
  rlim_t max_descriptors_;
  /// Of Unix sockets that listen.
  std::vector<socket_file> files_;
};

} // namespace

socket_layer::~socket_layer() {
  // nop
}

void socket_layer::unlisten(std::string_view) {
  // nop
}

void socket_layer::received(broker&, connection_handle, std::vector<char>&) {
  // nop
}

bool socket_layer::peer_left(broker&, connection_handle) {
  return false;
}

std::shared_ptr<socket_layer> native_sockets(port_sharing sharing) {
  return std::make_shared<native_layer>(sharing);
}

} // namespace mica::net
