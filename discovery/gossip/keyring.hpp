// Encryption of packets and streams.

#pragma once

#include "mica/codecs/expected.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery::gossip {

/// AES-GCM with one of several keys: memberlist's `Keyring`. Immutable; thread-safe.
/// Nothing of it is ever part of an error.
class keyring {
public:
  /// Bytes that sealing adds: version, nonce and tag.
  static constexpr size_t overhead = 1 + 12 + 16;

  /// Without keys: nothing is encrypted.
  keyring() = default;

  /// @param keys of 16, 24 or 32 bytes. The first one encrypts, each may decrypt.
  /// Fails with `errc::invalid_argument` for another length.
  static expected<keyring> make(std::vector<std::string> keys);

  /// True if nothing is encrypted.
  bool empty() const noexcept {
    return keys_.empty();
  }

  /// Returns version 1, a random nonce, the cipher text and its tag.
  /// @param bound authenticated along: the header before the text, for streams.
  /// Fails with `errc::internal` if OpenSSL does.
  /// @pre `!empty()`
  expected<std::string> seal(std::string_view plain, std::string_view bound) const;

  /// Undoes `seal`; also accepts version 0, which pads. Fails with
  /// `errc::permission_denied` if it is nothing encrypted, no key fits or the bytes
  /// were changed, `errc::protocol_error` for broken padding.
  expected<std::string> open(std::string_view sealed, std::string_view bound) const;

private:
  std::vector<std::string> keys_;
};

} // namespace mica::discovery::gossip
