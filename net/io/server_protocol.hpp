// What is spoken on a server's connection, apart from its socket.

#pragma once

#include "io/listener_core.hpp"
#include "io/stream_command.hpp"
#include "sniff/sniff.hpp"

#include "mica/net/request_handler.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mica::net {

class server_protocol;

/// What a protocol sees of its connection, which it never outlives.
struct connection_host {
  connection_host();
  ~connection_host();

  /// Null once the connection has ended.
  std::shared_ptr<listener_core> core;
  /// The connection, for handlers; given up when it ends.
  caf::actor self;
  peer_info peer;
  /// Set by a protocol that gives the connection away: takes over before anything
  /// else is read or written.
  std::unique_ptr<server_protocol> successor;
};

/// One protocol on one connection: bytes in, calls of the listener's handler, bytes
/// out. Lives on the I/O lane; its connection is active (`lane_connection`) whenever
/// it is called, `lose` and the destructor excepted.
class server_protocol {
public:
  virtual ~server_protocol();

  // -- input ----------------------------------------------------------------------

  virtual void receive(std::string_view bytes) = 0;

  /// The peer closed its direction: calls whose answers may not be heard are
  /// abandoned, what is owed is still written.
  virtual void receive_eof() = 0;

  /// False while nothing more should be read: the connection takes one read more
  /// and halts its socket, until this is true again.
  virtual bool wants_input() const noexcept = 0;

  /// Calls are answered in any order: those that came first may be answered before the
  /// rest of what was read with them is looked at.
  virtual bool multiplexed() const noexcept {
    return false;
  }

  /// A read of `got` bytes into a buffer of `window` says that larger ones pay.
  virtual bool wants_large_reads(size_t got, size_t window) const noexcept = 0;

  // -- calls ----------------------------------------------------------------------

  /// Hands to the handler what was received and had to wait for room. Called before
  /// each look at the output.
  virtual void serve() = 0;

  virtual void apply(uint64_t sequence, stream_command&& what) = 0;

  /// The connection is gone: whoever works for it is told.
  virtual void lose() noexcept = 0;

  // -- output ---------------------------------------------------------------------

  /// As `http1::server_session`.
  virtual size_t output(std::span<std::string_view> parts) = 0;
  virtual void sent(size_t bytes) = 0;
  virtual bool wants_output() const noexcept = 0;

  // -- time -----------------------------------------------------------------------

  /// When to call `expire`, by `listener_core::now`; `listener_core::never` for never.
  /// Asked after each change.
  virtual time_point due() noexcept = 0;
  virtual void expire() = 0;

  /// The listener drains: end as soon as that loses no call.
  virtual void drain() = 0;

  // -- the end --------------------------------------------------------------------

  /// A peer that closed its direction may still be waiting for something.
  virtual bool owes() const noexcept = 0;

  /// All is written and the connection should end.
  virtual bool finished() const noexcept = 0;
};

/// Starts the protocol that the first bytes of a connection speak, or one that says
/// to the peer why it is not served here.
/// @param began when the connection or its first byte came.
std::unique_ptr<server_protocol> start_protocol(wire what, connection_host& host,
                                                time_point began);

} // namespace mica::net
