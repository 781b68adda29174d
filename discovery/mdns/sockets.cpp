#include "mdns/sockets.hpp"

#include "mdns/dns_message.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mica::discovery::mdns {

namespace {

constexpr const char* group_v4 = "224.0.0.251";
constexpr const char* group_v6 = "ff02::fb";

/// RFC 6762 section 11: 255, so that a receiver could tell what crossed a router.
constexpr int hops = 255;

/// Bytes the kernel keeps for us while the registry is busy; a burst of announcements
/// of a few hundred nodes.
constexpr int receive_buffer = 1 << 20;

union any_address {
  sockaddr plain;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t to_native(const host_port& x, any_address& to) {
  std::memset(&to, 0, sizeof(to));
  if (x.host.v6) {
    to.v6.sin6_family = AF_INET6;
    to.v6.sin6_port = htons(x.port);
    to.v6.sin6_scope_id = x.scope;
    std::memcpy(&to.v6.sin6_addr, x.host.bytes.data(), 16);
    return sizeof(to.v6);
  }
  to.v4.sin_family = AF_INET;
  to.v4.sin_port = htons(x.port);
  std::memcpy(&to.v4.sin_addr, x.host.bytes.data(), 4);
  return sizeof(to.v4);
}

host_port from_native(const any_address& x) {
  host_port result;
  if (x.plain.sa_family == AF_INET6) {
    result.host.v6 = true;
    std::memcpy(result.host.bytes.data(), &x.v6.sin6_addr, 16);
    result.port = ntohs(x.v6.sin6_port);
    result.scope = x.v6.sin6_scope_id;
  } else {
    std::memcpy(result.host.bytes.data(), &x.v4.sin_addr, 4);
    result.port = ntohs(x.v4.sin_port);
  }
  return result;
}

bool set(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

mica::error failure(const std::string& what) {
  return {errc::unavailable, "mdns: " + what + ": " + std::strerror(errno)};
}

expected<unique_fd> open_socket(bool v6, uint16_t port, bool shared) {
  unique_fd result{
      socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  auto fd = result.get();
  if (fd < 0)
    return failure("can't open a UDP socket");
  if (shared) {
    // Both: some programs on the port set only the one, some only the other.
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  }
  set(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
  if (v6) {
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  } else {
    set(fd, IPPROTO_IP, IP_MULTICAST_TTL, hops);
    set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
    set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    // Else groups that other programs joined on other interfaces come in as well.
    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  }
  any_address any;
  host_port where;
  where.host.v6 = v6;
  where.port = port;
  auto size = to_native(where, any);
  if (bind(fd, &any.plain, size) != 0)
    return failure(
        "can't bind UDP port " + std::to_string(port)
        + (errno == EADDRINUSE ? " (another program has it for itself)" : ""));
  return result;
}

uint16_t local_port(int fd) {
  any_address any;
  socklen_t size = sizeof(any);
  if (getsockname(fd, &any.plain, &size) != 0)
    return 0;
  return from_native(any).port;
}

bool membership(int fd, bool v6, uint32_t index, bool join) {
  if (v6) {
    ipv6_mreq x{};
    inet_pton(AF_INET6, group_v6, &x.ipv6mr_multiaddr);
    x.ipv6mr_interface = index;
    return setsockopt(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &x,
                      sizeof(x))
           == 0;
  }
  ip_mreqn x{};
  inet_pton(AF_INET, group_v4, &x.imr_multiaddr);
  x.imr_ifindex = static_cast<int>(index);
  return setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &x,
                    sizeof(x))
         == 0;
}

/// The family that a link speaks: IPv4 if it has such an address.
bool speaks_v6(const link& x) {
  return std::none_of(x.networks.begin(), x.networks.end(),
                      [](const network& range) { return !range.address.v6; });
}

template <class Info>
void put_control(msghdr& to, int level, int type, const Info& info) {
  auto head = CMSG_FIRSTHDR(&to);
  head->cmsg_level = level;
  head->cmsg_type = type;
  head->cmsg_len = CMSG_LEN(sizeof(info));
  std::memcpy(CMSG_DATA(head), &info, sizeof(info));
  to.msg_controllen = CMSG_SPACE(sizeof(info));
}

union control_buffer {
  char bytes[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo))];
  cmsghdr align;
};

} // namespace

unique_fd::~unique_fd() {
  if (fd_ >= 0)
    close(fd_);
}

expected<sockets> sockets::open(uint16_t port) {
  sockets result;
  result.port_ = port;
  for (auto v6 : {false, true}) {
    if (auto opened = open_family(v6, port, result.query_port_))
      result.families_.push_back(std::move(*opened));
    else
      result.missing_[v6] = opened.error();
  }
  // A machine may be without one of them, not without both.
  if (result.families_.empty())
    return result.missing_[0];
  return result;
}

expected<sockets::family> sockets::open_family(bool v6, uint16_t port,
                                               uint16_t& query_port) {
  family result;
  result.v6 = v6;
  auto group = open_socket(v6, port, true);
  if (!group)
    return group.error();
  auto query = open_socket(v6, query_port, false);
  if (!query)
    query = open_socket(v6, 0, false);
  if (!query)
    return query.error();
  result.group = std::move(*group);
  result.query = std::move(*query);
  if (query_port == 0)
    query_port = local_port(result.query.get());
  return result;
}

const sockets::family* sockets::family_of(bool v6) const {
  for (auto& x : families_)
    if (x.v6 == v6)
      return &x;
  return nullptr;
}

expected<void> sockets::join(const std::vector<link>& links) {
  links_ = links;
  size_t joined = 0;
  std::string names;
  mica::error last{errc::unavailable, "mdns: no interface to join the group on"};
  for (auto& x : families_) {
    std::set<uint32_t> wanted;
    for (auto& each : links)
      if (speaks_v6(each) == x.v6)
        wanted.insert(each.index);
    for (auto i = x.joined.begin(); i != x.joined.end();) {
      if (wanted.count(*i) != 0) {
        ++i;
        continue;
      }
      // Fails if the interface is gone, which is as good.
      membership(x.group.get(), x.v6, *i, false);
      i = x.joined.erase(i);
    }
    for (auto index : wanted) {
      if (x.joined.count(index) != 0 || membership(x.group.get(), x.v6, index, true))
        x.joined.insert(index);
      else
        last = failure(std::string{"can't join "} + (x.v6 ? group_v6 : group_v4)
                       + " on interface " + std::to_string(index));
    }
    joined += x.joined.size();
  }
  for (auto& each : links)
    if (auto& why = missing_[speaks_v6(each)]; why && joined == 0)
      return why;
  if (joined == 0)
    return last;
  return {};
}

int sockets::send_on(const link& via, const packet& x) const {
  auto v6 = speaks_v6(via);
  auto from = family_of(v6);
  if (from == nullptr)
    return EAFNOSUPPORT;
  host_port group;
  group.host = *parse_ip(v6 ? group_v6 : group_v4);
  group.port = port_;
  group.scope = v6 ? via.index : 0;
  any_address to;
  auto size = to_native(group, to);
  iovec data{const_cast<char*>(x.bytes.data()), x.bytes.size()};
  control_buffer control{};
  msghdr m{};
  m.msg_name = &to;
  m.msg_namelen = size;
  m.msg_iov = &data;
  m.msg_iovlen = 1;
  m.msg_control = &control;
  m.msg_controllen = sizeof(control);
  if (v6) {
    in6_pktinfo info{};
    info.ipi6_ifindex = via.index;
    put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else {
    // The source too: on the loopback the kernel would choose none.
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(via.index);
    auto own = std::find_if(via.networks.begin(), via.networks.end(),
                            [](const network& range) { return !range.address.v6; });
    std::memcpy(&info.ipi_spec_dst, own->address.bytes.data(), 4);
    put_control(m, IPPROTO_IP, IP_PKTINFO, info);
  }
  auto fd = x.where == packet::destination::group_as_query ? from->query.get()
                                                           : from->group.get();
  return sendmsg(fd, &m, MSG_NOSIGNAL) >= 0 ? 0 : errno;
}

expected<void> sockets::send(const packet& x) const {
  if (x.where == packet::destination::peer) {
    // Whether the peer is still there is not our concern.
    if (auto from = family_of(x.to.host.v6)) {
      any_address to;
      auto size = to_native(x.to, to);
      sendto(from->group.get(), x.bytes.data(), x.bytes.size(), MSG_NOSIGNAL, &to.plain,
             size);
    }
    return {};
  }
  auto taken = false;
  std::string why;
  for (auto& each : links_) {
    if (x.link != 0 && x.link != each.index)
      continue;
    auto code = send_on(each, x);
    // A full buffer loses one packet; the next one will find room.
    if (code == 0 || code == EAGAIN || code == ENOBUFS)
      taken = true;
    else
      why += (why.empty() ? "" : ", ") + each.name + ": " + std::strerror(code);
  }
  if (taken)
    return {};
  return mica::error{errc::unavailable, "mdns: nothing can be sent to the group ("
                                            + (why.empty() ? "no interface" : why)
                                            + ")"};
}

std::vector<int> sockets::descriptors() const {
  std::vector<int> result;
  for (auto& x : families_) {
    result.push_back(x.group.get());
    result.push_back(x.query.get());
  }
  return result;
}

bool sockets::receive(int fd, datagram& to) {
  // One thread reads; its stack is no place for 64 KiB.
  thread_local std::array<char, 65'536> buffer;
  any_address from;
  control_buffer control;
  iovec data{buffer.data(), buffer.size()};
  msghdr m{};
  m.msg_name = &from;
  m.msg_namelen = sizeof(from);
  m.msg_iov = &data;
  m.msg_iovlen = 1;
  m.msg_control = &control;
  m.msg_controllen = sizeof(control);
  ssize_t n = 0;
  do
    n = recvmsg(fd, &m, 0);
  while (n < 0 && errno == EINTR);
  // An ICMP error of something sent earlier shows up here; it says nothing about this.
  if (n < 0)
    return false;
  to.bytes.assign(buffer.data(), static_cast<size_t>(n));
  to.source = from_native(from);
  to.link = 0;
  for (auto head = CMSG_FIRSTHDR(&m); head != nullptr; head = CMSG_NXTHDR(&m, head)) {
    if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(head), sizeof(info));
      to.link = static_cast<uint32_t>(info.ipi_ifindex);
    } else if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(head), sizeof(info));
      to.link = info.ipi6_ifindex;
    }
  }
  return true;
}

unique_fd open_link_monitor() {
  unique_fd result{
      socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)};
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (result
      && bind(result.get(), reinterpret_cast<sockaddr*>(&groups), sizeof(groups)) != 0)
    return {};
  return result;
}

void drain_link_monitor(int fd) {
  char buffer[8'192];
  while (recv(fd, buffer, sizeof(buffer), 0) > 0 || errno == ENOBUFS)
    ; // what changed is read from the kernel anew
}

} // namespace mica::discovery::mdns
