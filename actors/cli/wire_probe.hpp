// What speaks behind an address: a connection for each question, asked from the tool's
// own thread.

#pragma once

#include "mica/codecs/expected.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace mica::cli {

/// How long a connection may take, and how long an answer.
inline constexpr auto probe_time = std::chrono::milliseconds{2'000};

/// What a server was seen to speak. TLS hides the rest.
struct spoken {
  bool tls = false;
  bool http1 = false;
  bool http2 = false;
};

/// What the first bytes of an answer are.
enum class answer_kind : uint8_t {
  /// Silence, too few bytes, or none of the others.
  none,
  /// A handshake record of TLS (RFC 8446, 5.1).
  tls_hello,
  /// An alert of TLS. Also what a server without TLS may say to those who try it.
  tls_alert,
  /// A status line.
  http1,
  /// The same with a status that is no 2xx. Also what a server with TLS may say to
  /// those who do not
  /// speak it.
  http1_refused,
  /// A SETTINGS frame, as each HTTP/2 server begins (RFC 9113, 3.4).
  http2,
};

answer_kind kind_of(std::string_view bytes) noexcept;

/// Connects to `host:port` or `unix:/path` and closes. Returns the numeric address that
/// took the connection; the error says why none did, and what that means as a rule.
expected<std::string> try_to_connect(const std::string& address);

/// Finds out what is spoken. What is expected is asked first, and nothing else if that
/// is answered: servers warn of those who speak otherwise.
spoken listen_to(const std::string& address, bool expects_tls);

} // namespace mica::cli
