// Listening on a path of the file system.

#pragma once

#include "io/sockaddr.hpp"

#include "mica/codecs/expected.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace mica::net {

/// The file that a listening Unix socket stands for. Whoever may write to it may
/// connect: its mode is what the umask leaves of 0777, so a folder with the right
/// owner is the better fence.
struct socket_file {
  /// `unix:/path`.
  std::string address;
  dev_t device = 0;
  ino_t inode = 0;

  /// Removes the file unless another process has put its own there since.
  void remove() const noexcept;
};

/// A socket that listens, and its file.
struct unix_listener {
  int fd = -1;
  socket_file file;
};

/// Binds and listens. A socket file that a dead process left is replaced: nobody
/// answers there. (Two processes that start at the same moment on one path may take it
/// from each other; the later one keeps it.)
///
/// Fails with `errc::invalid_argument` (path) or `errc::unavailable` (in use, no
/// permission).
/// @param address `unix:/path`.
expected<unix_listener> listen_unix(std::string_view address);

/// True if the peer of a Unix socket sends no more but still reads.
bool half_closed_by_peer(int fd);

} // namespace mica::net
