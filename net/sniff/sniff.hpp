// Which protocol a new connection speaks, by its first bytes.

#pragma once

#include <cstdint>
#include <string_view>

namespace mica::net {

enum class wire : uint8_t {
  /// Too few bytes to say; at most 24 are ever needed.
  undecided,
  http1,
  /// The connection preface of RFC 9113, 3.4.
  http2,
  /// A TLS record with a ClientHello (RFC 8446, 5.1).
  tls,
  /// None of these: the connection can't be served.
  unknown,
};

/// Looks at the first bytes of a connection; consumes nothing.
wire sniff(std::string_view first_bytes) noexcept;

} // namespace mica::net
