// The network interfaces of this machine.

#pragma once

#include "mica/codecs/expected.hpp"

#include "mdns/packet.hpp"

#include <string>
#include <vector>

namespace mica::discovery::mdns {

/// Returns the interfaces to speak on, ordered by index.
///
/// @param names empty means every interface that is up, multicasts and has an address;
///   if there is none, the loopback: programs of one machine still find each other.
///   Named ones need no multicast flag, which the loopback lacks.
///
/// Fails with `errc::invalid_argument` for a name that no interface has (the text lists
/// those there are), with `errc::unavailable` if none can be used now.
expected<std::vector<link>> find_links(const std::vector<std::string>& names);

} // namespace mica::discovery::mdns
