// The client's half of an HTTP/1.1 connection: one exchange at a time.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/codecs/http.hpp"
#include "mica/net/limits.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace mica::net::http1 {

/// RFC 9112 for clients. Pure: no socket, no clock. Not thread-safe.
///
/// Fields are written in the order of `http_request::fields`, with Content-Length
/// put behind the first `User-Agent` (as Go's client does), else behind Host. An
/// empty body of POST is `Content-Length: 0`.
class client_session {
public:
  explicit client_session(const http_limits& limits);
  ~client_session();
  client_session(client_session&&) noexcept;
  client_session& operator=(client_session&&) noexcept;

  /// Starts an exchange. A method or target that can't stand in a request line fails
  /// it with `errc::invalid_argument`; nothing is written then. @pre `ready()`
  void send(http_request&& request);

  /// Takes received bytes.
  void receive(std::string_view bytes);

  /// The peer will send no more: ends a body without length, else a failure.
  void receive_eof();

  /// Returns the outcome of the exchange once: the response (1xx skipped), or
  /// `errc::protocol_error`, `errc::limit_exceeded`, `errc::connection_lost`,
  /// `errc::invalid_argument`.
  std::optional<expected<http_response>> take();

  /// See `server_session`.
  size_t output(std::span<std::string_view> parts) const;
  void sent(size_t bytes);
  size_t output_size() const noexcept;

  /// No exchange is under way, no outcome waits to be taken, and the connection may
  /// carry another exchange.
  bool ready() const noexcept;

  /// The connection must be closed: failure, `Connection: close`, bytes that
  /// nobody asked for.
  bool finished() const noexcept;

  /// True while a response's body flows: a larger read buffer pays.
  bool in_body() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::http1
