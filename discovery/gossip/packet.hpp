// Datagrams of memberlist: layers around messages.

#pragma once

#include "gossip/keyring.hpp"
#include "gossip/messages.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery::gossip {

/// How bytes are dressed for the wire, and what is accepted from there.
struct wire_options {
  /// With keys everything is encrypted, and nothing else is accepted.
  keyring keys;
  /// Compresses what becomes shorter by it (memberlist: true).
  bool compress = true;
  gossip_limits limits;
};

/// What a datagram held.
struct unpacked {
  std::vector<message> messages;
  /// Parts that could not be read; the others count all the same, as with memberlist.
  size_t broken = 0;
  /// What was wrong with the last one of them.
  mica::error why;
};

/// Takes a datagram apart: encryption, checksum, compression, compounds. Fails with
/// `errc::permission_denied` if it is not encrypted with a key of ours, with
/// `errc::protocol_error` if a layer is broken, before anything inside is looked at.
expected<unpacked> unpack(std::string_view datagram, const wire_options& options);

/// Makes a datagram of messages; several become a compound.
/// @param messages 1 to 255 as they come from `write`.
/// @param checksum for receivers that speak version 5 at least.
expected<std::string> pack(const std::vector<std::string>& messages, bool checksum,
                           const wire_options& options);

/// Bytes for messages in a datagram of the usual size, each counted with
/// `compound_overhead` more.
size_t room(const wire_options& options);

constexpr size_t compound_overhead = 2;

/// A message of type `compress` around `plain`.
std::string compressed(std::string_view plain);

/// Undoes `compressed`.
/// @param body the bytes behind the type.
expected<std::string> inflate(std::string_view body, size_t limit);

} // namespace mica::discovery::gossip
