// struct sockaddr as a value.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/addresses.hpp"

#include <string>
#include <string_view>

#include <sys/socket.h>

namespace mica::net {

/// An IPv4 or IPv6 address with port, a Unix socket's path, or nothing (`AF_UNSPEC`).
class socket_address {
public:
  int family() const noexcept {
    return storage_.ss_family;
  }

  const sockaddr* data() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }

  socklen_t size() const noexcept {
    return size_;
  }

private:
  friend expected<socket_address> parse_numeric(const host_port&);
  friend expected<socket_address> parse_socket_address(std::string_view);
  friend socket_address own_address(int);
  friend socket_address peer_address(int);

  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

/// Never blocks: names are refused with `errc::invalid_argument`. IPv6 zones are
/// understood.
expected<socket_address> parse_numeric(const host_port& x);

/// Reads what can be dialled without looking anything up: numeric `host:port`, or
/// `unix:/path`. Fails with `errc::invalid_argument`.
expected<socket_address> parse_socket_address(std::string_view address);

/// Both ends of a socket; nothing if the system does not say.
socket_address own_address(int fd);
socket_address peer_address(int fd);

/// `host:port`; IPv4 behind a dual-stack socket is written as IPv4. `unix:/path`; a
/// Unix socket that was not bound has none. Empty for nothing.
std::string to_text(const socket_address& x);

} // namespace mica::net
