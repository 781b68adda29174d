// What is spoken on a client's connection, apart from its socket.

#pragma once

#include "io/pool_call.hpp"
#include "io/stream_command.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mica::net {

/// What a protocol sees of its connection, which it never outlives.
class client_host {
public:
  client_host(call_book& calls_of_all, std::string peer)
    : book(calls_of_all),
      peer_name(std::move(peer)) {
    // nop
  }
  virtual ~client_host();

  /// The protocol can carry calls: whatever the peer must say first was said.
  virtual void on_open() = 0;

  /// There is no use in this connection, and no call was sent yet.
  virtual void on_refused(const std::string& why,
                          errc kind = errc::connection_failed) = 0;

  /// The connection broke: every call that is left fails by `why`.
  virtual void on_lost(const error& why) = 0;

  /// The one exchange, or stream of HTTP/1.1, that was under way is over. @param broken
  /// nothing else can follow on this connection, and nothing is owed to the peer.
  virtual void on_exchange_over(bool broken) = 0;

  /// The sending half of one of the connection's streams.
  virtual stream_sender sender(int32_t stream) = 0;

  call_book& book;
  /// The calls that the connection carries.
  call_list calls;
  /// The address as the caller said it; for texts.
  const std::string peer_name;
};

/// One protocol on one connection: calls in, bytes out, and the reverse. Lives on the
/// I/O lane; its connection is active (`lane_connection`) whenever it is called.
class client_protocol {
public:
  virtual ~client_protocol();

  /// What lies beneath is ready to carry bytes. The host hears `on_open` from within
  /// or later, or `on_refused`.
  virtual void start() = 0;

  // -- calls ----------------------------------------------------------------------

  /// Calls that can begin now.
  virtual size_t capacity() const noexcept = 0;

  /// Begins a call out of the host's list. @pre `capacity() > 0`
  virtual void begin(call_ref what) = 0;

  /// Tells the peer that a call which has begun is given up; the caller takes it out
  /// of the list. False if that takes the end of the connection.
  virtual bool give_up(call_ref what) = 0;

  virtual void apply(uint64_t stream, stream_command&& what) = 0;

  // -- input ----------------------------------------------------------------------

  virtual void receive(std::string_view bytes, time_point now) = 0;

  /// The peer sends no more.
  virtual void receive_eof() = 0;

  /// False while nothing more should be read: the connection takes one read more and
  /// halts its socket, until this is true again.
  virtual bool wants_input() const noexcept {
    return true;
  }

  // -- output: as `http2::client_session` -----------------------------------------

  virtual size_t output(std::span<std::string_view> parts) = 0;
  virtual void sent(size_t bytes) = 0;

  // -- time -----------------------------------------------------------------------

  /// When to call `expire`; `time_point::max()` for never.
  virtual time_point due() const noexcept = 0;
  virtual void expire(time_point now) = 0;

  // -- the end --------------------------------------------------------------------

  /// Ends as soon as no call is open.
  virtual void drain() = 0;

  /// No call can begin any more.
  virtual bool closing() const noexcept = 0;

  /// All is written and the connection should be closed.
  virtual bool finished() const noexcept = 0;

  /// A larger read buffer pays.
  virtual bool reads_much() const noexcept = 0;
};

} // namespace mica::net
