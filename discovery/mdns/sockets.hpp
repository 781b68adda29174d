// The UDP sockets of mdns: the only place where packets meet the kernel.

#pragma once

#include "mica/codecs/expected.hpp"

#include "mdns/packet.hpp"

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mica::discovery::mdns {

/// Owns a file descriptor.
class unique_fd {
public:
  unique_fd() = default;

  explicit unique_fd(int fd) noexcept : fd_(fd) {
    // nop
  }

  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
    // nop
  }

  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~unique_fd();

  int get() const noexcept {
    return fd_;
  }

  explicit operator bool() const noexcept {
    return fd_ >= 0;
  }

private:
  int fd_ = -1;
};

/// For IPv4, and for IPv6 where the machine has it, a socket bound to the group's port
/// and one for queries: unicast answers to a shared port reach only one of the sockets
/// on it. Not thread-safe, but `receive` may run beside everything else.
class sockets {
public:
  /// Fails with `errc::unavailable` if the port is taken by a program that doesn't
  /// share it, or the kernel gives no socket.
  static expected<sockets> open(uint16_t port);

  /// Joins the group on these links and leaves it on others. Fails with
  /// `errc::unavailable` if it could be joined on none.
  expected<void> join(const std::vector<link>& links);

  /// Port of the query sockets.
  uint16_t query_port() const noexcept {
    return query_port_;
  }

  /// Sends; what the kernel has no room for is lost, as on the wire. Fails with
  /// `errc::unavailable` if no link took a packet to the group.
  expected<void> send(const packet& x) const;

  /// Descriptors to poll for reading.
  std::vector<int> descriptors() const;

  /// Takes one datagram from a descriptor; false if there is none.
  static bool receive(int fd, datagram& to);

private:
  struct family {
    bool v6 = false;
    unique_fd group;
    unique_fd query;
    std::set<uint32_t> joined;
  };

  static expected<family> open_family(bool v6, uint16_t port, uint16_t& query_port);
  const family* family_of(bool v6) const;
  int send_on(const link& via, const packet& x) const;

  std::vector<family> families_;
  /// Why a family is missing.
  std::array<mica::error, 2> missing_;
  std::vector<link> links_;
  uint16_t port_ = 0;
  uint16_t query_port_ = 0;
};

/// A netlink socket that becomes readable when an interface or an address changes;
/// empty where the kernel gives none.
unique_fd open_link_monitor();

/// Takes everything off a link monitor.
void drain_link_monitor(int fd);

} // namespace mica::discovery::mdns
