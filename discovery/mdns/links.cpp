#include "mdns/links.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <map>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>

namespace mica::discovery::mdns {

namespace {

struct interface {
  link about;
  unsigned flags = 0;

  bool usable() const noexcept {
    return (flags & IFF_UP) != 0 && !about.networks.empty();
  }
};

std::optional<ip_address> address_of(const sockaddr* x) {
  ip_address result;
  if (x == nullptr)
    return std::nullopt;
  if (x->sa_family == AF_INET) {
    auto& in = reinterpret_cast<const sockaddr_in*>(x)->sin_addr;
    std::memcpy(result.bytes.data(), &in, sizeof(in));
    return result;
  }
  if (x->sa_family == AF_INET6) {
    result.v6 = true;
    auto& in = reinterpret_cast<const sockaddr_in6*>(x)->sin6_addr;
    std::memcpy(result.bytes.data(), &in, sizeof(in));
    return result;
  }
  return std::nullopt;
}

uint8_t prefix_of(const sockaddr* mask, size_t size) {
  uint8_t result = 0;
  if (auto bits = address_of(mask))
    for (size_t i = 0; i < size; ++i)
      result = static_cast<uint8_t>(result + __builtin_popcount(bits->bytes[i]));
  return result;
}

expected<std::map<std::string, interface>> all_interfaces() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0)
    return mica::error{errc::unavailable,
                       std::string{"mdns: can't list the network interfaces: "}
                           + std::strerror(errno)};
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> guard{list, &freeifaddrs};
  std::map<std::string, interface> result;
  for (auto i = list; i != nullptr; i = i->ifa_next) {
    auto& x = result[i->ifa_name];
    if (x.about.index == 0) {
      x.about.index = if_nametoindex(i->ifa_name);
      x.about.name = i->ifa_name;
    }
    x.flags = i->ifa_flags;
    x.about.loopback = (x.flags & IFF_LOOPBACK) != 0;
    if (auto address = address_of(i->ifa_addr))
      x.about.networks.push_back(
          {*address, prefix_of(i->ifa_netmask, address->size())});
  }
  // An interface may go away between the two calls.
  std::erase_if(result, [](auto& x) { return x.second.about.index == 0; });
  return result;
}

std::string names_of(const std::map<std::string, interface>& xs) {
  std::string result;
  for (auto& x : xs)
    result += (result.empty() ? "" : ", ") + x.first;
  return result.empty() ? "none" : result;
}

} // namespace

expected<std::vector<link>> find_links(const std::vector<std::string>& names) {
  auto all = all_interfaces();
  if (!all)
    return all.error();
  std::vector<link> result;
  std::string unusable;
  for (auto& name : names) {
    auto found = all->find(name);
    if (found == all->end())
      return mica::error{errc::invalid_argument,
                         "mdns: this machine has no interface \"" + name
                             + "\"; it has: " + names_of(*all)};
    if (found->second.usable())
      result.push_back(found->second.about);
    else
      unusable = name;
  }
  if (names.empty()) {
    auto take = [&](auto wanted) {
      for (auto& kvp : *all)
        if (kvp.second.usable() && wanted(kvp.second))
          result.push_back(kvp.second.about);
    };
    take([](const interface& x) {
      return (x.flags & IFF_MULTICAST) != 0 && !x.about.loopback;
    });
    if (result.empty())
      take([](const interface& x) { return x.about.loopback; });
  }
  if (result.empty())
    return mica::error{errc::unavailable,
                       names.empty()
                           ? "mdns: no network interface is up with an address; this "
                             "machine has: "
                                 + names_of(*all)
                           : "mdns: interface \"" + unusable
                                 + "\" is down or has no address; bring it up "
                                   "(ip link set "
                                 + unusable + " up)"};
  auto by_index = [](const link& x, const link& y) { return x.index < y.index; };
  std::sort(result.begin(), result.end(), by_index);
  auto same = [](const link& x, const link& y) { return x.index == y.index; };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

} // namespace mica::discovery::mdns
