// A certificate and its key as files.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/certificates.hpp"

#include <string>

namespace mica::cli {

/// `base.pem` and `base.key` of a directory.
struct file_pair {
  std::string certificate;
  std::string key;
};

file_pair files_of(const std::string& dir, const std::string& base);

/// Reads both; fails naming the file.
expected<net::key_pair> read_pair(const file_pair& from);

/// Writes both, the directory too if there is none. Nobody ever sees half a file. The
/// key has mode 0600. Fails with `errc::conflict` if one is there and `replace` is
/// false; nothing is written then.
expected<void> write_pair(const file_pair& to, const net::key_pair& what, bool replace);

} // namespace mica::cli
