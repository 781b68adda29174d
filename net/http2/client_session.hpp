// The client's half of an HTTP/2 connection.

#pragma once

#include "http2/server_session.hpp"

#include "mica/codecs/expected.hpp"

namespace mica::net::http2 {

/// What happens on the streams of a client's connection. Called from within
/// `client_session::receive`, `output`, `expire` and `receive_eof`; may call the
/// session's commands, but none of these nor `sent`. Must not throw.
///
/// A response that is complete before its request ends the stream: the rest of the
/// request is dropped.
class client_events {
public:
  virtual ~client_events();

  /// The outcome of a stream begun by `request`: nothing follows.
  virtual void on_response(int32_t stream, http_response&& response) = 0;

  /// Of streams begun by `open`.
  virtual void on_head(int32_t stream, http_response&& head) = 0;
  virtual void on_data(int32_t stream, std::string_view bytes) = 0;
  virtual void on_end(int32_t stream, metadata&& trailers) = 0;
  virtual void on_writable(int32_t stream) = 0;
  virtual void on_written(int32_t stream, size_t bytes);

  /// Of both: the stream failed, nothing follows. `errc::connection_failed` if the
  /// peer provably did not process it (REFUSED_STREAM, above GOAWAY's last stream),
  /// else `errc::connection_lost`, `errc::cancelled`, `errc::protocol_error`,
  /// `errc::limit_exceeded`.
  virtual void on_failure(int32_t stream, const error& why) = 0;

  /// `capacity` has grown.
  virtual void on_capacity() = 0;
};

/// RFC 9113 for clients, on nghttp2. Pure: no socket, no clock of its own. Not
/// thread-safe. The preface and SETTINGS leave with the first output.
class client_session {
public:
  client_session(const http_limits& limits, const http2_limits& limits2,
                 client_events& to);
  ~client_session();
  client_session(client_session&&) noexcept;
  client_session& operator=(client_session&&) noexcept;

  /// Sends a whole request, wants a whole response. The field Host becomes
  /// `:authority`. @param scheme `http` or `https`. @pre `capacity() > 0`
  /// Beyond the capacity it waits for the peer's other streams to end.
  /// Fails with `errc::invalid_argument` (what can't be sent, no Host),
  /// `errc::unavailable` (stream ids used up, GOAWAY).
  expected<int32_t> request(http_request&& request, std::string_view scheme);

  /// Sends the fields of `head`; body by `data` and `end`. @pre as `request`
  expected<int32_t> open(http_request&& head, std::string_view scheme);

  void receive(std::string_view bytes, time_point now);
  void receive_eof();

  // -- commands: to dead streams they do nothing ----------------------------------

  void data(int32_t stream, std::string&& bytes);
  void end(int32_t stream);
  /// The stream's events end here.
  void reset(int32_t stream, reset_reason why);
  void consumed(int32_t stream, size_t bytes);
  /// GOAWAY; streams that are open go on.
  void drain();

  // -- output and time: as server_session -----------------------------------------

  size_t output(std::span<std::string_view> parts);
  void sent(size_t bytes);
  bool wants_output() const noexcept;
  time_point due() const noexcept;
  void expire(time_point now);

  // -- state ----------------------------------------------------------------------

  /// Streams that may be begun now: the peer's SETTINGS_MAX_CONCURRENT_STREAMS (100
  /// until it has said) less the open ones; 0 after GOAWAY.
  size_t capacity() const noexcept;
  size_t open_streams() const noexcept;
  /// The peer's SETTINGS have come: `capacity` is what it allows.
  bool greeted() const noexcept;
  /// The connection takes no new streams ever (GOAWAY either way, ids used up,
  /// failure).
  bool closing() const noexcept;
  bool finished() const noexcept;
  bool in_body() const noexcept;
  const error& failure() const noexcept;
  /// What the peer's GOAWAY said; empty if there was none.
  const std::string& farewell() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::http2
