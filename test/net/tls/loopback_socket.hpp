// TLS sessions over loopback.

#pragma once

#include "tls/session.hpp"

#include <caf/test/unit_test.hpp>

#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace mica::test {

/// A socket of loopback that carries one session; closed with its object.
class loopback_socket {
public:
  /// How long a wait may take.
  static constexpr std::chrono::seconds limit{20};

  loopback_socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    CAF_REQUIRE(fd_ >= 0);
  }

  explicit loopback_socket(int fd) : fd_(fd) {
    CAF_REQUIRE(fd_ >= 0);
  }

  ~loopback_socket() {
    ::close(fd_);
  }

  loopback_socket(const loopback_socket&) = delete;
  loopback_socket& operator=(const loopback_socket&) = delete;

  /// Returns the port.
  std::string listen() {
    auto address = loopback(0);
    CAF_REQUIRE(::bind(fd_, as_base(address), sizeof(address)) == 0);
    CAF_REQUIRE(::listen(fd_, 1) == 0);
    socklen_t size = sizeof(address);
    CAF_REQUIRE(::getsockname(fd_, as_base(address), &size) == 0);
    return std::to_string(ntohs(address.sin_port));
  }

  int accept() {
    CAF_REQUIRE(readable());
    return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  }

  void connect(const std::string& port) {
    auto address = loopback(static_cast<uint16_t>(std::stoi(port)));
    CAF_REQUIRE(::connect(fd_, as_base(address), sizeof(address)) == 0);
  }

  /// Writes what the session wants to write; false if the peer is gone.
  bool flush(net::tls::session& tls) {
    std::string_view part[1];
    while (tls.output(part) > 0) {
      auto n = ::send(fd_, part[0].data(), part[0].size(), MSG_NOSIGNAL);
      if (n < 0)
        return false;
      tls.sent(static_cast<size_t>(n));
    }
    return true;
  }

  /// Writes, then reads once; false at the end.
  bool step(net::tls::session& tls) {
    if (!flush(tls) || !readable())
      return false;
    char buffer[4096];
    auto n = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) {
      tls.receive_eof();
      return false;
    }
    tls.receive({buffer, static_cast<size_t>(n)});
    return flush(tls);
  }

private:
  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    result.sin_port = htons(port);
    return result;
  }

  static sockaddr* as_base(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
  }

  bool readable() {
    pollfd poll_fd{fd_, POLLIN, 0};
    return ::poll(&poll_fd, 1,
                  static_cast<int>(std::chrono::milliseconds{limit}.count()))
           == 1;
  }

  int fd_;
};

} // namespace mica::test
