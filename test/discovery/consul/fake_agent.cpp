#include "fake_agent.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace mica::test::consul {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::system_category(), what};
}

int bound_socket(std::string& address) {
  auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0)
    fail("socket");
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  if (::bind(socket, reinterpret_cast<sockaddr*>(&where), size) != 0
      || ::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size) != 0)
    fail("bind");
  address = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
  return socket;
}

} // namespace

std::string http_reply(const std::string& body, const std::string& index,
                       const std::string& status) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size())
         + "\r\nX-Consul-Index: " + index + "\r\nConnection: close\r\n\r\n" + body;
}

fake_agent::fake_agent(std::function<fake_reply(const std::string&)> answer)
  : answer_(std::move(answer)),
    listener_(bound_socket(address_)) {
  if (::listen(listener_, 256) != 0 || ::pipe(end_) != 0)
    fail("listen");
  acceptor_ = std::thread{[this] { accept_all(); }};
}

fake_agent::~fake_agent() {
  ::close(end_[1]);
  acceptor_.join();
  for (auto& x : connections_)
    x.join();
  ::close(listener_);
  ::close(end_[0]);
}

std::vector<std::string> fake_agent::heads() {
  std::lock_guard guard{mutex_};
  return heads_;
}

bool fake_agent::wait_for(int socket, short events) const {
  pollfd both[] = {{socket, events, 0}, {end_[0], POLLIN, 0}};
  while (::poll(both, 2, -1) < 0)
    if (errno != EINTR)
      fail("poll");
  return both[1].revents == 0;
}

void fake_agent::accept_all() {
  while (wait_for(listener_, POLLIN)) {
    auto socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0)
      connections_.emplace_back([this, socket] { serve(socket); });
  }
}

void fake_agent::serve(int socket) {
  std::string head;
  char part[4096];
  while (head.find("\r\n\r\n") == std::string::npos && wait_for(socket, POLLIN)) {
    auto got = ::recv(socket, part, sizeof part, 0);
    if (got <= 0)
      break;
    head.append(part, static_cast<size_t>(got));
  }
  if (head.find("\r\n\r\n") != std::string::npos) {
    fake_reply reply;
    {
      std::lock_guard guard{mutex_};
      heads_.push_back(head);
      reply = answer_(head);
    }
    ++requests_;
    std::string_view left = reply.bytes;
    while (!left.empty() && wait_for(socket, POLLOUT)) {
      auto sent = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN)
        break;
      if (sent > 0)
        left.remove_prefix(static_cast<size_t>(sent));
    }
    // Silent, but not if the other side leaves.
    while (reply.hangs && wait_for(socket, POLLIN) && ::recv(socket, part, 1, 0) > 0)
      ; // repeat
  }
  // With unread input a plain close would reset the connection and take back what
  // was sent.
  ::shutdown(socket, SHUT_WR);
  ::close(socket);
}

refused_address::refused_address() : socket_(bound_socket(text_)) {
  // nop
}

refused_address::~refused_address() {
  ::close(socket_);
}

} // namespace mica::test::consul
