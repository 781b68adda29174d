// The seam below the connection actors: real sockets, or CAF's virtual network.

#pragma once

#include "mica/codecs/expected.hpp"

#include <caf/io/accept_handle.hpp>
#include <caf/io/connection_handle.hpp>
#include <caf/io/fwd.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mica::net {

/// Opens sockets for brokers and writes to them. Lives on the I/O lane.
///
/// Adopting a file descriptor aborts on CAF's virtual network, hence this seam:
/// tests bring their connections by a layer of their own.
class socket_layer {
public:
  virtual ~socket_layer();

  /// Binds and listens for `owner`. Returns the handle and the bound `host:port`.
  /// @param address `host:port`, `:port`, `[v6]:port`; port 0 or a range
  ///        `min-max` (Go Micro) lets us choose. An empty host is `[::]`.
  virtual expected<std::pair<caf::io::accept_handle, std::string>>
  listen(caf::io::broker& owner, std::string_view address) = 0;

  /// Starts to connect for `owner` without waiting: the first acknowledged write,
  /// or the first byte, says that it is connected.
  /// @param address numeric `host:port`.
  virtual expected<caf::io::connection_handle> connect(caf::io::broker& owner,
                                                       std::string_view address) = 0;

  /// Writes as much of `parts` as goes at once past CAF's buffer; only called when
  /// that buffer is empty. Returns the bytes taken; the rest is up to the caller.
  virtual size_t write(caf::io::broker& owner, caf::io::connection_handle to,
                       std::span<const std::string_view> parts) = 0;

  /// Resets the connection: whatever was queued is dropped.
  virtual void abort(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  /// Says that we write no more but still read (shutdown(SHUT_WR)).
  virtual void half_close(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  /// `host:port` of both ends: {remote, local}; empty where there is none.
  virtual std::pair<std::string, std::string>
  addresses(caf::io::broker& owner, caf::io::connection_handle which) = 0;
};

/// Real sockets.
std::shared_ptr<socket_layer> native_sockets();

} // namespace mica::net
