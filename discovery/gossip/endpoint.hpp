// Socket addresses of the kernel and ours.

#pragma once

#include "gossip/messages.hpp"

#include <sys/socket.h>

namespace mica::discovery::gossip {

/// An address as the kernel takes it.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() noexcept {
    return reinterpret_cast<sockaddr*>(&storage);
  }

  const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

/// @param v6 for an IPv6 socket: IPv4 is then mapped. An IPv6 address for an IPv4
/// socket has size 0.
socket_address to_sockaddr(const host_port& x, bool v6);

/// The inverse; mapped IPv4 is IPv4.
host_port from_sockaddr(const socket_address& x);

} // namespace mica::discovery::gossip
