// Moves a session's output to its socket.

#pragma once

#include "mica/net/socket_layer.hpp"

#include <caf/io/broker.hpp>

#include <array>
#include <string_view>

namespace mica::net {

/// How much of a read of `got` bytes a connection with many calls looks at before it
/// writes: what the first dozen of small calls needs, if there are more. So the peer
/// goes on with those answers (the server with those calls) while the rest are made.
constexpr size_t first_part(size_t got) noexcept {
  constexpr size_t small_calls = 512;
  constexpr size_t large_body = 16 * 1024;
  return got >= 2 * small_calls && got < large_body ? small_calls : got;
}

enum class pump_result : uint8_t {
  /// Nothing is left to write.
  drained,
  /// The peer takes no more now: ask `notify_writable`.
  blocked,
  /// The connection can't be written to any more.
  broken,
};

/// True if `session` may have bytes for its socket.
template <class Session>
bool wants_output(const Session& session) {
  if constexpr (requires { session.wants_output(); })
    return session.wants_output();
  else
    return session.output_size() > 0;
}

/// Writes what `session` has, one gathered system call for up to 64 pieces.
/// @param progress set to true if at least one byte was taken.
template <class Session>
pump_result pump(socket_layer& sockets, caf::io::broker& owner,
                 caf::io::connection_handle to, Session& session, bool& progress) {
  while (wants_output(session)) {
    std::array<std::string_view, 64> parts;
    auto count = session.output(parts);
    size_t offered = 0;
    for (size_t i = 0; i < count; ++i)
      offered += parts[i].size();
    // HTTP/2 may find that windows let nothing go.
    if (offered == 0)
      return pump_result::drained;
    auto taken = sockets.write(owner, to, {parts.data(), count});
    if (taken < 0)
      return pump_result::broken;
    if (taken > 0) {
      progress = true;
      session.sent(static_cast<size_t>(taken));
    }
    if (static_cast<size_t>(taken) < offered)
      return pump_result::blocked;
  }
  return pump_result::drained;
}

} // namespace mica::net
