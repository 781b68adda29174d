// The server's half of an HTTP/2 connection: bytes in, requests and stream events out;
// responses and stream commands in, bytes out.

#pragma once

#include "mica/codecs/http.hpp"
#include "mica/net/limits.hpp"
#include "mica/net/stream.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mica::net::http2 {

/// Absolute time of the caller's clock.
using time_point = std::chrono::steady_clock::time_point;

/// What happens on the streams of a server's connection. Called from within
/// `server_session::receive`, `output`, `expire`, `receive_eof` and `upgrade`; may call
/// the session's commands, but none of these nor `sent`. Must not throw.
///
/// `respond` and `end` end a stream for its handler: nothing is told of it any more,
/// and what the peer still sends on it is dropped (RFC 9113, 8.1).
class server_events {
public:
  virtual ~server_events();

  /// The fields of a request are complete and its body is still to come. True if it
  /// is taken piece by piece (`head` may be moved from then), false to get it whole:
  /// then `on_request` is the next thing told of the stream, if anything is.
  virtual bool on_head(int32_t stream, http_request& head) = 0;

  /// A whole request: its `body` was collected within the limits.
  virtual void on_request(int32_t stream, http_request&& request) = 0;

  /// What `stream_receiver` says of its own; of streams taken piece by piece.
  virtual void on_data(int32_t stream, std::string_view bytes) = 0;
  virtual void on_end(int32_t stream, metadata&& trailers) = 0;
  virtual void on_writable(int32_t stream) = 0;
  virtual void on_written(int32_t stream, size_t bytes);

  /// The peer, or the session on its behalf, gave up a stream that was told (by
  /// `on_request`, or by an `on_head` that took it) before it was answered to the end.
  /// Nothing follows. `errc::cancelled`: the peer reset it; `errc::protocol_error`,
  /// `errc::limit_exceeded`: the peer broke it, or a limit; `errc::connection_lost`,
  /// or what `failure` says: the connection ended.
  virtual void on_reset(int32_t stream, const error& why) = 0;
};

/// RFC 9113 for servers, on nghttp2. Pure: no socket, no clock of its own. Not
/// thread-safe.
///
/// Windows open only when somebody took the bytes: whole bodies while they are
/// collected, pieces when `consumed` says so. What breaks the RFC, the limits or the
/// abuse budgets ends the stream or the connection by the RFC's own codes; `failure`
/// says why. docs/wire/http2.md lists what is refused.
class server_session {
public:
  server_session(const http_limits& limits, const http2_limits& limits2,
                 server_events& to);
  ~server_session();
  server_session(server_session&&) noexcept;
  server_session& operator=(server_session&&) noexcept;

  /// Continues a connection that began with HTTP/1.1's `Upgrade: h2c` (RFC 7540,
  /// 3.2): `request` becomes stream 1. Call before `receive`.
  /// `on_request` tells it from within.
  /// @param settings the value of `HTTP2-Settings` (base64url). False if it is broken:
  ///        the session is of no use then.
  bool upgrade(std::string_view settings, http_request&& request);

  /// Takes received bytes; the preface first. Events are told from within.
  void receive(std::string_view bytes, time_point now);

  /// The peer will send no more, and so reads no more either: all streams end.
  void receive_eof();

  // -- commands: to dead streams they do nothing ----------------------------------

  /// Answers whole: fields, body, trailers. An empty body and trailers become one
  /// frame (gRPC's trailers-only).
  void respond(int32_t stream, http_response&& response);

  void head(int32_t stream, http_response&& head);
  void data(int32_t stream, std::string&& bytes);
  void end(int32_t stream, metadata&& trailers);
  void reset(int32_t stream, reset_reason why);
  void consumed(int32_t stream, size_t bytes);

  /// GOAWAY, in two steps (RFC 9113, 6.8): streams that are open, or under way from a
  /// peer that has not read it, go on; newer ones are refused; `finished` when the last
  /// has ended. The second step waits for a PING's answer or
  /// `http_limits::drain_idle_time`.
  void drain();

  // -- output ---------------------------------------------------------------------

  /// As `http1::server_session`: many frames in one gathered write, bodies without a
  /// copy where that pays. @pre everything offered before was `sent`, or is offered
  /// again.
  size_t output(std::span<std::string_view> parts);
  void sent(size_t bytes);
  bool wants_output() const noexcept;

  // -- time -----------------------------------------------------------------------

  /// When `expire` wants to be called: keep-alive, settings and preface time-outs,
  /// stalled bodies and windows. `time_point::max()` for never; of a new session, at
  /// once: it has no clock, and its times run from the first one that it is given.
  time_point due() const noexcept;
  void expire(time_point now);

  // -- state ----------------------------------------------------------------------

  /// Streams that were told and have not ended.
  size_t open_streams() const noexcept;

  /// No stream is open, nothing waits to be written.
  bool idle() const noexcept;

  /// All is written and the connection should end.
  bool finished() const noexcept;

  /// A request's body is flowing in: a larger read buffer pays.
  bool in_body() const noexcept;

  /// Why the connection ends; none for a regular end.
  const error& failure() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::http2
