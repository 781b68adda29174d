#include "gossip/endpoint.hpp"

#include <cstring>
#include <netinet/in.h>

namespace mica::discovery::gossip {

socket_address to_sockaddr(const host_port& x, bool v6) {
  socket_address result;
  if (!v6) {
    if (x.host.v6)
      return result;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(x.port);
    std::memcpy(&to.sin_addr, x.host.bytes.data(), 4);
    std::memcpy(&result.storage, &to, sizeof(to));
    result.size = sizeof(to);
    return result;
  }
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(x.port);
  auto bytes = to.sin6_addr.s6_addr;
  if (x.host.v6) {
    std::memcpy(bytes, x.host.bytes.data(), 16);
  } else {
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes + 12, x.host.bytes.data(), 4);
  }
  std::memcpy(&result.storage, &to, sizeof(to));
  result.size = sizeof(to);
  return result;
}

host_port from_sockaddr(const socket_address& x) {
  host_port result;
  if (x.storage.ss_family == AF_INET) {
    sockaddr_in from{};
    std::memcpy(&from, &x.storage, sizeof(from));
    std::memcpy(result.host.bytes.data(), &from.sin_addr, 4);
    result.port = ntohs(from.sin_port);
  } else if (x.storage.ss_family == AF_INET6) {
    sockaddr_in6 from{};
    std::memcpy(&from, &x.storage, sizeof(from));
    std::string_view bytes{reinterpret_cast<const char*>(from.sin6_addr.s6_addr), 16};
    result.host = to_ip(bytes).value_or(ip_address{});
    result.port = ntohs(from.sin6_port);
  }
  return result;
}

} // namespace mica::discovery::gossip
