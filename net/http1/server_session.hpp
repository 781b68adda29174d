// The server's half of an HTTP/1.1 connection: bytes in, requests out; responses
// in, bytes out.

#pragma once

#include "mica/codecs/http.hpp"
#include "mica/net/limits.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mica::net::http1 {

/// A request with its place in the order of the connection.
struct numbered_request {
  uint64_t sequence = 0;
  http_request request;
  /// The client would go on in HTTP/2 (`Upgrade: h2c`, RFC 7540, 3.2), nothing is owed
  /// to earlier requests and nothing waits to be written: `release` may follow instead
  /// of an answer. Until either, what comes behind is kept unread.
  bool upgrade = false;
};

/// What the session waits for; the caller holds the deadline that goes with it.
enum class phase : uint8_t {
  /// No byte of a request yet, nothing to answer: `http_limits::idle_time`.
  idle,
  /// Within a request's start line or fields: `header_time` since its first byte.
  header,
  /// Within a body: `body_time` since the last byte.
  body,
  /// All that was read is with the handler: no deadline of the session's.
  handling,
  /// The last response is out or on its way; nothing more is read as a request.
  closing,
};

/// RFC 9112 for servers. Pure: no socket, no clock. Not thread-safe.
///
/// Malformed requests are answered by the session itself (400, 408, 413, 414, 417,
/// 431, 501, 505) behind the answers still owed, with the Micro error object as JSON,
/// then the connection closes; no byte after the bad one is ever read as a request.
/// docs/wire/http1.md lists what is refused.
class server_session {
public:
  explicit server_session(const http_limits& limits);
  ~server_session();
  server_session(server_session&&) noexcept;
  server_session& operator=(server_session&&) noexcept;

  /// Takes received bytes. What can't be parsed yet is kept, within the limits.
  void receive(std::string_view bytes);

  /// The peer will send no more. Answers owed are still written.
  void receive_eof();

  /// The deadline of the current phase passed: 408 inside a request, else closing
  /// behind the answers owed.
  void expire();

  /// Takes the next complete request in order of arrival; false if there is none.
  bool next(numbered_request& out);

  /// Answers; answers leave in the order of their requests, whenever they are
  /// given. Unknown or repeated sequences are ignored. An answer that closes voids
  /// every later request, also those that `next` has not yielded yet. May make room
  /// for requests that were received before: ask `next` again.
  void respond(uint64_t sequence, http_response&& response);

  // -- messages that are no answers: streams (docs/wire/mucp.md) -------------------

  /// Takes a request out of the order: it gets no answer. As `respond`, this may make
  /// room.
  void forgo(uint64_t sequence);

  /// Writes a response that answers no request, behind what is written already; nothing
  /// once the connection ends behind that.
  void send(const metadata& fields, std::string_view body);

  /// While `on`, nothing more is read, as at the bound of `pipelined_requests`.
  void hold(bool on);

  /// Ends the connection behind what is written already: no answer that is owed
  /// follows.
  void close();

  /// Gives the connection up to another protocol, which answers the request that was
  /// taken last. Returns what was received behind that. No other call may follow.
  /// @pre `numbered_request::upgrade`
  std::string release();

  /// The connection ends behind the answers owed, the last of which says
  /// `Connection: close`; with none owed, at once. A request that has begun to arrive
  /// is still read and answered, later ones are not.
  void drain();

  /// Points `parts` at the next bytes to write, at most `parts.size()` pieces;
  /// returns how many pieces. They live until `sent`, `respond` or `receive`.
  size_t output(std::span<std::string_view> parts) const;

  /// `bytes` of `output` were written. May make room like `respond`.
  void sent(size_t bytes);

  /// Bytes still to write.
  size_t output_size() const noexcept;

  phase state() const noexcept;

  /// False while the session must not be fed: pipeline full, output over its
  /// limit. Closing sessions take and drop input.
  bool wants_input() const noexcept;

  /// True when all is written and the connection should end. To let the peer read
  /// the last answer, close the sending half first: closing a socket with unread
  /// input resets the connection.
  bool finished() const noexcept;

  /// Requests that were read and not answered.
  size_t unanswered() const noexcept;

  /// True once the session refused a request by itself.
  bool refused() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::http1
