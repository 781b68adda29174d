#include "mica/net/addresses.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace mica::net {

namespace {

bool is_wildcard(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

bool is_v6(std::string_view ip) {
  return ip.find(':') != std::string_view::npos;
}

struct v4_block {
  uint32_t network;
  int bits;
};

// RFC 1918 and RFC 6598, as Go Micro's util/addr has them.
constexpr v4_block private_blocks[] = {
    {0x0A000000, 8}, {0x64400000, 10}, {0xAC100000, 12}, {0xC0A80000, 16}};

bool is_private(const std::string& ip) {
  if (in_addr v4; inet_pton(AF_INET, ip.c_str(), &v4) == 1) {
    auto value = ntohl(v4.s_addr);
    return std::any_of(std::begin(private_blocks), std::end(private_blocks),
                       [value](const v4_block& block) {
                         return (value >> (32 - block.bits))
                                == (block.network >> (32 - block.bits));
                       });
  }
  in6_addr v6;
  return inet_pton(AF_INET6, ip.c_str(), &v6) == 1 && v6.s6_addr[0] == 0xfd;
}

bool is_link_local_v6(const std::string& ip) {
  in6_addr v6;
  return inet_pton(AF_INET6, ip.c_str(), &v6) == 1 && IN6_IS_ADDR_LINKLOCAL(&v6);
}

std::vector<interface_address> own_addresses() {
  std::vector<interface_address> result;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0)
    return result;
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> guard{first, &freeifaddrs};
  for (auto* i = first; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr || (i->ifa_flags & IFF_UP) == 0)
      continue;
    char text[INET6_ADDRSTRLEN] = {};
    const void* where = nullptr;
    sockaddr_in v4;
    sockaddr_in6 v6;
    auto family = i->ifa_addr->sa_family;
    if (family == AF_INET) {
      std::memcpy(&v4, i->ifa_addr, sizeof(v4));
      where = &v4.sin_addr;
    } else if (family == AF_INET6) {
      std::memcpy(&v6, i->ifa_addr, sizeof(v6));
      where = &v6.sin6_addr;
    } else {
      continue;
    }
    if (inet_ntop(family, where, text, sizeof(text)))
      result.push_back({text, (i->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return result;
}

mica::error bad(std::string_view address, std::string_view why) {
  return {errc::invalid_argument, "address \"" + std::string{address}
                                      + "\": " + std::string{why}
                                      + "; write host:port, [v6]:port or :port"};
}

} // namespace

expected<host_port> parse_host_port(std::string_view address) {
  host_port result;
  auto rest = address;
  if (!rest.empty() && rest.front() == '[') {
    auto end = rest.find(']');
    if (end == std::string_view::npos)
      return bad(address, "the bracket is not closed");
    result.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest.front() != ':')
      return bad(address, "a colon and a port must follow the bracket");
  } else {
    auto colon = rest.find(':');
    if (colon != rest.rfind(':'))
      return bad(address, "an IPv6 address needs brackets");
    result.host = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon, rest.size()));
  }
  if (rest.size() < 2)
    return bad(address, "the port is missing");
  rest.remove_prefix(1);
  auto [end, problem] =
      std::from_chars(rest.data(), rest.data() + rest.size(), result.port);
  if (problem != std::errc{} || end != rest.data() + rest.size())
    return bad(address, "the port is no number from 0 to 65535");
  if (result.host.find_first_of(" \t\r\n/@") != std::string::npos)
    return bad(address, "the host has characters that no host has");
  return result;
}

std::string to_string(const host_port& x) {
  auto port = std::to_string(x.port);
  return is_v6(x.host) ? "[" + x.host + "]:" + port : x.host + ":" + port;
}

bool is_numeric_host(std::string_view host) {
  std::string text{host.substr(0, host.find('%'))};
  in6_addr buffer;
  return inet_pton(AF_INET, text.c_str(), &buffer) == 1
         || inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

std::string choose_address(const std::vector<interface_address>& candidates,
                           bool v4_only) {
  std::string best = "127.0.0.1";
  int best_rank = 4;
  for (const auto& x : candidates) {
    if ((v4_only && is_v6(x.ip)) || is_link_local_v6(x.ip))
      continue;
    auto rank = is_private(x.ip) ? 0 : 1;
    if (x.loopback)
      rank += 2;
    if (rank < best_rank) {
      best_rank = rank;
      best = x.ip;
    }
  }
  return best;
}

std::string advertised_address(std::string_view bound, std::string_view advertise) {
  if (is_unix_address(advertise) || (advertise.empty() && is_unix_address(bound)))
    return std::string{advertise.empty() ? bound : advertise};
  host_port result;
  if (auto own = parse_host_port(bound))
    result = std::move(*own);
  auto v4_only = result.host == "0.0.0.0";
  if (!advertise.empty()) {
    if (auto told = parse_host_port(advertise)) {
      if (!told->host.empty())
        result.host = std::move(told->host);
      if (told->port != 0)
        result.port = told->port;
    } else {
      // A bare host; brackets around a bare IPv6 address are allowed.
      if (advertise.front() == '[' && advertise.back() == ']')
        advertise = advertise.substr(1, advertise.size() - 2);
      result.host = advertise;
    }
  }
  if (is_wildcard(result.host))
    result.host = choose_address(own_addresses(), v4_only);
  return to_string(result);
}

} // namespace mica::net
