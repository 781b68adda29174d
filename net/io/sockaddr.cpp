#include "io/sockaddr.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace mica::net {

expected<socket_address> parse_numeric(const host_port& x) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto port = std::to_string(x.port);
  if (getaddrinfo(x.host.c_str(), port.c_str(), &hints, &found) != 0)
    return error{errc::invalid_argument,
                 "\"" + x.host + "\" is no IP address; names are resolved elsewhere"};
  socket_address result;
  std::memcpy(&result.storage_, found->ai_addr, found->ai_addrlen);
  result.size_ = found->ai_addrlen;
  freeaddrinfo(found);
  return result;
}

expected<socket_address> parse_socket_address(std::string_view address) {
  if (!is_unix_address(address)) {
    auto parts = parse_host_port(address);
    if (!parts)
      return std::move(parts.error());
    return parse_numeric(*parts);
  }
  auto path = address.substr(unix_prefix.size());
  auto bad = [address](const std::string& why) {
    return error{errc::invalid_argument,
                 "address \"" + std::string{address} + "\": " + why};
  };
  sockaddr_un where{};
  if (path.empty() || path.front() != '/')
    return bad("write a Unix socket as unix:/path, from the root");
  if (path.find('\0') != std::string_view::npos)
    return bad("the path holds a zero byte");
  if (path.size() >= sizeof(where.sun_path))
    return bad("the path has " + std::to_string(path.size())
               + " bytes, the system allows "
               + std::to_string(sizeof(where.sun_path) - 1) + ": choose a shorter one");
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, path.data(), path.size());
  socket_address result;
  std::memcpy(&result.storage_, &where, sizeof(where));
  result.size_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return result;
}

socket_address own_address(int fd) {
  socket_address result;
  getsockname(fd, reinterpret_cast<sockaddr*>(&result.storage_), &result.size_);
  return result;
}

socket_address peer_address(int fd) {
  socket_address result;
  getpeername(fd, reinterpret_cast<sockaddr*>(&result.storage_), &result.size_);
  return result;
}

std::string to_text(const socket_address& x) {
  if (x.family() == AF_UNIX) {
    sockaddr_un where{};
    std::memcpy(&where, x.data(), std::min<size_t>(x.size(), sizeof(where)));
    std::string path{where.sun_path, strnlen(where.sun_path, sizeof(where.sun_path))};
    return path.empty() ? path : std::string{unix_prefix} + path;
  }
  // Room for "[", the longest address, "]:" and five digits.
  char text[INET6_ADDRSTRLEN + 8];
  auto* at = text;
  auto* end = text + sizeof(text);
  uint16_t port = 0;
  if (x.family() == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, x.data(), sizeof(v4));
    inet_ntop(AF_INET, &v4.sin_addr, at, INET_ADDRSTRLEN);
    at += std::strlen(at);
    port = ntohs(v4.sin_port);
  } else if (x.family() == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, x.data(), sizeof(v6));
    port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, at, INET_ADDRSTRLEN);
      at += std::strlen(at);
    } else {
      *at++ = '[';
      inet_ntop(AF_INET6, &v6.sin6_addr, at, INET6_ADDRSTRLEN);
      at += std::strlen(at);
      *at++ = ']';
    }
  } else {
    return {};
  }
  *at++ = ':';
  at = std::to_chars(at, end, port).ptr;
  return {text, at};
}

} // namespace mica::net
