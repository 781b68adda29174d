// Certificates for development and tests.

#pragma once

#include "mica/codecs/expected.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mica::net {

/// A certificate and its private key, both PEM.
struct key_pair {
  std::string certificate;
  std::string key;
};

enum class certificate_use : uint8_t { server, client, server_and_client };

struct certificate_options {
  /// Common name, 1 to 64 bytes: for people, nobody verifies by it.
  std::string subject;
  /// Subject alternative names, by which peers verify: IP addresses, URIs (with `://`)
  /// and DNS names, `*.` in front of these alone. Not for authorities.
  std::vector<std::string> names;
  certificate_use use = certificate_use::server;
  /// Both to the second.
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
};

/// An authority that signs itself (ECDSA on P-256, SHA-256, RFC 5280). Fails with
/// `errc::invalid_argument` if the options can't be written into a certificate.
expected<key_pair> make_authority(const certificate_options& options);

/// A certificate signed by `authority`; fails likewise, also if that is none.
expected<key_pair> make_certificate(const certificate_options& options,
                                    const key_pair& authority);

} // namespace mica::net
