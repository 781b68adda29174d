// What goes in and out of the mdns core: datagrams, links and results.

#pragma once

#include "mdns/address.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace mica::discovery::mdns {

using time_point = std::chrono::steady_clock::time_point;

/// A network interface that the registry speaks on.
struct link {
  /// The kernel's index; never 0.
  uint32_t index = 0;
  std::string name;
  /// The loopback interface, over which a machine also talks to its own addresses.
  bool loopback = false;
  /// Its addresses with their ranges. Multicast goes over IPv4 if there is such an
  /// address, else over IPv6.
  std::vector<network> networks;

  bool operator==(const link&) const = default;
};

/// Something received.
struct datagram {
  std::string bytes;
  host_port source;
  /// Index of the interface it came in on.
  uint32_t link = 0;
};

/// Something to send.
struct packet {
  enum class destination : uint8_t {
    /// The multicast group, from the socket bound to the group's port.
    group,
    /// The multicast group, from the socket for queries: answers come back to it.
    group_as_query,
    /// `to`, from the socket bound to the group's port.
    peer,
  };

  std::string bytes;
  destination where = destination::group;
  host_port to;
  /// To the group: the link to send on, 0 for all.
  uint32_t link = 0;
};

/// A lookup came to its end; what is known now is its result.
struct looked_up {
  uint64_t ticket = 0;
  std::string service;
};

/// A list came to its end.
struct listed {
  uint64_t ticket = 0;
  /// Names of services that others have.
  std::set<std::string> names;
};

/// What a step of the core asks for. Steps append.
struct outcome {
  std::vector<packet> packets;
  std::vector<std::variant<looked_up, listed>> answers;
  /// Watched services of which a watcher should see the snapshot.
  std::set<std::string> changed;
};

} // namespace mica::discovery::mdns
