#include "net/io/live.hpp"

#include "io/sockaddr.hpp"

#include <algorithm>
#include <cstdlib>

namespace mica::test {

raw_peer::raw_peer(const std::string& address) {
  auto where = net::parse_socket_address(address);
  if (!where)
    return;
  fd_ = ::socket(where->family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{patience.count(), 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  connected_ = ::connect(fd_, where->data(), where->size()) == 0;
}

void raw_peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto taken = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken <= 0)
      return;
    bytes.remove_prefix(static_cast<size_t>(taken));
  }
}

std::string raw_peer::read(size_t bytes) {
  std::string result(bytes, '\0');
  size_t got = 0;
  while (got < bytes) {
    auto count = ::recv(fd_, result.data() + got, bytes - got, 0);
    if (count <= 0)
      break;
    got += static_cast<size_t>(count);
  }
  result.resize(got);
  return result;
}

std::string raw_peer::some() {
  std::string result(64 * 1024, '\0');
  auto count = ::recv(fd_, result.data(), result.size(), 0);
  result.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return result;
}

std::string raw_peer::response() {
  std::string head;
  while (head.size() < 4 || head.compare(head.size() - 4, 4, "\r\n\r\n") != 0) {
    auto next = read(1);
    if (next.empty())
      return head;
    head += next;
  }
  constexpr std::string_view field = "Content-Length: ";
  auto length = head.find(field);
  if (length == std::string::npos)
    return head;
  return head + read(std::strtoul(head.c_str() + length + field.size(), nullptr, 10));
}

std::string raw_peer::rest() {
  std::string result;
  for (;;) {
    auto more = read(64 * 1024);
    if (more.empty())
      return result;
    result += more;
  }
}

void raw_peer::reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

} // namespace mica::test
