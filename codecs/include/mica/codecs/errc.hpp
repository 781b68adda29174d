// The one list of reasons for failure.

#pragma once

#include <cstdint>
#include <string_view>

namespace mica {

/// Why something failed, chosen by what the caller should do about it.
///
/// Each code has one HTTP status (`http_status`), which is also the `code` of the
/// Micro error object; docs/errors.md holds the table. Append, never renumber:
/// plugins are compiled against these values.
enum class errc : uint8_t {
  /// Not an error.
  none = 0,
  /// The request can never succeed as it is: a wrong field, a bad body. 400.
  invalid_argument = 1,
  /// The caller did not say who it is. 401.
  unauthenticated = 2,
  /// The caller may not do this. 403.
  permission_denied = 3,
  /// The named thing does not exist. 404.
  not_found = 4,
  /// The service has no such endpoint. 404.
  endpoint_not_found = 5,
  /// The registry knows no such service. 404 (as Go Micro's client says it).
  service_not_found = 6,
  /// The service is known but no node of it may be called now. 503.
  none_available = 7,
  /// The deadline passed. 408.
  timeout = 8,
  /// The caller went away before the answer. 408.
  cancelled = 9,
  /// The thing exists already or changed meanwhile. 409.
  conflict = 10,
  /// A configured size or count was exceeded; the text names the limit. 413.
  limit_exceeded = 11,
  /// No codec for this content type. 415.
  unsupported_content_type = 12,
  /// The peer violated a wire protocol; the connection cannot be reused. 400.
  protocol_error = 13,
  /// No connection to the node could be made: the call never left. 503.
  connection_failed = 14,
  /// The connection ended before the answer: the call may have run. 500.
  connection_lost = 15,
  /// The server refuses more work now; try another node. 503.
  overloaded = 16,
  /// The server drains or is not ready; try another node. 503.
  unavailable = 17,
  /// A blocking call was made on a thread that must not block. 500.
  would_block = 18,
  /// The method is declared but this server does not have it. 501.
  unimplemented = 19,
  /// The handler threw, or anything else that should not happen. 500.
  internal = 20,
};

/// Returns the enumerator's name, e.g. `"service_not_found"`.
std::string_view to_string(errc code) noexcept;

/// Returns the HTTP status of `code`: 400..599, or 200 for `errc::none`.
int http_status(errc code) noexcept;

/// Returns the code a Micro error object with this `code` stands for: the inverse
/// of `http_status` where it is unique, else the most general one.
errc errc_from_status(int status) noexcept;

/// Returns the reason phrase of an HTTP status as Go's net/http spells it, e.g.
/// `"Request Timeout"`; empty for unknown ones.
std::string_view reason_phrase(int status) noexcept;

} // namespace mica
