// Addresses of NATS servers. Pure.

#pragma once

#include "mica/codecs/expected.hpp"

#include <string>
#include <string_view>

namespace mica::broker::nats {

/// Where a server is.
struct server_address {
  /// With scheme, user and port, for the library.
  std::string url;
  /// `nats://127.0.0.1:4222`, without user and password, for people.
  std::string shown;
  bool tls = false;
};

/// Reads `[nats://|tls://][user:password@]host[:port]`; a token instead of user and
/// password is a user without one. The default port is 4222. Fails with
/// `errc::invalid_argument`; passwords stay out of the text.
expected<server_address> parse_address(std::string_view text);

} // namespace mica::broker::nats
