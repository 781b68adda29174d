// Certificates, keys and authorities from files.

#pragma once

#include "mica/codecs/expected.hpp"
#include "tls/openssl.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mica::net::tls {

/// A context with what both sides have in common: TLS 1.2 and 1.3, ciphers with forward
/// secrecy and authenticated encryption, little memory. Null if OpenSSL can't.
ssl_ctx_ptr make_ssl_ctx(const SSL_METHOD* method);

/// Takes a chain, leaf first, and its key. Fails with `errc::invalid_argument`, naming
/// file and reason.
expected<void> use_certificate(SSL_CTX& to, const std::string& certificate_file,
                               const std::string& key_file);

/// Trusts the authorities in `file`, and no others. Fails as `use_certificate`.
expected<void> use_authorities(SSL_CTX& to, const std::string& file);

/// Tells whether files have changed: time of modification, size or inode.
class file_stamps {
public:
  /// Empty paths are left out.
  explicit file_stamps(std::vector<std::string> paths);

  /// Looks at the files; true if one differs from the last look. A file that is not
  /// there differs from one that is.
  bool changed();

private:
  struct stamp {
    int64_t seconds = 0;
    int64_t nanoseconds = 0;
    int64_t size = -1;
    uint64_t inode = 0;
    uint64_t device = 0;

    bool operator==(const stamp&) const = default;
  };

  static stamp look_at(const std::string& path);

  std::vector<std::string> paths_;
  std::vector<stamp> seen_;
};

} // namespace mica::net::tls
