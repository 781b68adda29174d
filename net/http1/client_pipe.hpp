// The client's half of a connection that carries a stream of messages both ways.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/codecs/http.hpp"
#include "mica/net/limits.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace mica::net::http1 {

/// Requests out, responses in, not paired: Go Micro's streams (docs/wire/mucp.md). Each
/// message is one of them. Pure: no socket, no clock. Not thread-safe.
class client_pipe {
public:
  explicit client_pipe(const http_limits& limits);
  ~client_pipe();
  client_pipe(client_pipe&&) noexcept;
  client_pipe& operator=(client_pipe&&) noexcept;

  /// Writes the first message; method, target and fields are those of all. Fails with
  /// `errc::invalid_argument`, and nothing is written, if they can't be sent.
  /// @pre nothing else was called
  expected<void> open(http_request&& first);

  /// Writes a message.
  void send(std::string_view body);

  /// Writes a message without body and with these fields besides, each in front of the
  /// first field whose name sorts behind its own, as Go does.
  void send_last(const metadata& fields);

  /// Takes received bytes.
  void receive(std::string_view bytes);

  /// The peer will send no more: a failure, unless that completes a message.
  void receive_eof();

  /// Takes the next response (1xx skipped); false if there is none, or none any more.
  bool next(http_response& out);

  /// Why nothing more can be read: `errc::protocol_error`, `errc::limit_exceeded`,
  /// `errc::connection_lost`; "none" while it can. Comes behind all responses.
  const error& failure() const noexcept;

  /// See `server_session`.
  size_t output(std::span<std::string_view> parts) const;
  void sent(size_t bytes);
  size_t output_size() const noexcept;

  /// True while a response's body flows: a larger read buffer pays.
  bool in_body() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::http1
