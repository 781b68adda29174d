// The seam below the connection actors: real sockets, or CAF's virtual network.

#pragma once

#include "mica/codecs/expected.hpp"

#include <caf/atom.hpp>
#include <caf/io/accept_handle.hpp>
#include <caf/io/connection_handle.hpp>
#include <caf/io/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mica::net {

/// The message `(writable_atom, connection_handle)` answers
/// `socket_layer::notify_writable`.
using writable_atom = caf::atom_constant<caf::atom("writable")>;

/// The message `(received_atom, connection_handle, std::vector<char>)` brings what
/// `socket_layer::received` kept back.
using received_atom = caf::atom_constant<caf::atom("received")>;

/// Opens sockets for brokers and writes to them. Lives on the I/O lane.
///
/// Adopting a file descriptor aborts on CAF's virtual network, hence this seam:
/// tests bring their connections by a layer of their own. CAF's write buffers stay
/// empty at all times: they have no bound, what stands in them is lost to sight, and
/// a connection with unsent bytes keeps the process from ending.
class socket_layer {
public:
  virtual ~socket_layer();

  // -- opening ------------------------------------------------------------------

  /// Binds and listens for `owner`. Returns the handle and the bound `host:port`.
  /// Fails with `errc::invalid_argument` (address) or `errc::unavailable` (bind).
  /// @param address `host:port`, `:port`, `[v6]:port`; port 0 or a range
  ///        `min-max` (Go Micro) lets us choose. An empty host is `[::]`. Names are
  ///        refused, `localhost` excepted: resolving would block. Or `unix:/path`: a
  ///        socket file that nobody answers at any more is replaced; its mode follows
  ///        the umask.
  virtual expected<std::pair<caf::io::accept_handle, std::string>>
  listen(caf::io::broker& owner, std::string_view address) = 0;

  /// The acceptor of `bound` (as `listen` returned it) is closed: removes what it left
  /// in the file system. Does nothing by default.
  virtual void unlisten(std::string_view bound);

  /// Starts to connect for `owner` without waiting. `notify_writable` tells when
  /// the attempt has ended, `connected` how.
  /// Fails with `errc::connection_failed` or `errc::invalid_argument`.
  /// @param address numeric `host:port`, or `unix:/path`.
  virtual expected<caf::io::connection_handle> connect(caf::io::broker& owner,
                                                       std::string_view address) = 0;

  /// True: connected. False: still trying. Else the reason, in the system's words.
  virtual expected<bool> connected(caf::io::broker& owner,
                                   caf::io::connection_handle which) = 0;

  /// True while some more sockets can be opened by this process; an acceptor that
  /// goes on beyond would spin in CAF (EMFILE).
  virtual bool room() = 0;

  // -- writing ------------------------------------------------------------------

  /// Writes as much of `parts` as goes at once. Returns the bytes taken: fewer than
  /// offered when the peer is slow, -1 when the connection is broken.
  virtual std::ptrdiff_t write(caf::io::broker& owner, caf::io::connection_handle to,
                               std::span<const std::string_view> parts) = 0;

  /// Sends `(writable_atom, which)` to `owner` once: when the peer takes bytes
  /// again, or the connection is made, or neither will happen any more.
  /// Returns false if the system refuses; the connection must be aborted then.
  virtual bool notify_writable(caf::io::broker& owner,
                               caf::io::connection_handle which) = 0;

  // -- reading ------------------------------------------------------------------

  /// Called with what CAF read for `owner` before anything else looks at it. A
  /// decorator may change it, or keep some back and bring it later, in order, as
  /// `received_atom`. By default nothing happens.
  virtual void received(caf::io::broker& owner, caf::io::connection_handle which,
                        std::vector<char>& bytes);

  // -- ending -------------------------------------------------------------------

  /// Resets the connection: whatever was queued is dropped.
  virtual void abort(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  /// Says that we write no more but still read (shutdown(SHUT_WR)).
  virtual void half_close(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  /// Called while `owner` handles the end of `which`: if the peer only said that it
  /// sends no more, returns a handle by which it can still be written to. (CAF
  /// drops a connection at the first FIN.) The handle is never read from.
  virtual std::optional<caf::io::connection_handle>
  keep_writing(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  // -- asking -------------------------------------------------------------------

  /// True if nothing waits to be read on `which`: no byte, no end, no failure. A
  /// re-used connection that is not quiet can't carry another request.
  virtual bool quiet(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  /// `host:port` of both ends: {remote, local}; `unix:/path` of a Unix socket; empty
  /// where there is none.
  virtual std::pair<std::string, std::string>
  addresses(caf::io::broker& owner, caf::io::connection_handle which) = 0;

  /// True if the peer has closed or reset the connection, whatever still waits to be
  /// read: a connection that is not read for a while hears of nothing. By default
  /// nobody has left.
  virtual bool peer_left(caf::io::broker& owner, caf::io::connection_handle which);
};

/// Whether listeners of one process share a port, each on its own I/O thread
/// (SO_REUSEPORT: the kernel spreads new connections over them).
enum class port_sharing : uint8_t {
  none,
  /// Takes a port that nobody listens on, for others to join.
  first,
  /// Joins one that is shared already.
  joins,
};

/// Real sockets. Unix sockets can't be shared: `listen` refuses them then.
std::shared_ptr<socket_layer> native_sockets(port_sharing sharing = port_sharing::none);

} // namespace mica::net
