// Events as JSON: what Go Micro's brokers http, nats and kafka put on the wire.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/codecs/metadata.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mica {

/// Go Micro's `broker.Message`.
struct event_json {
  /// Names differ without regard to case.
  metadata headers;
  std::string body;
};

/// Bounds of an event that is read.
struct event_json_limits {
  /// Bytes of the body, decoded.
  size_t body_bytes = 4 * 1024 * 1024;
  /// Bytes of the names and values of all headers.
  size_t header_bytes = 64 * 1024;
  /// Number of headers.
  size_t header_fields = 256;
};

/// Returns `{"Header":{..},"Body":".."}` as Go's encoding/json writes it: names in
/// byte order, `<`, `>` and `&` escaped, the body in padded base64. Without headers
/// `Header` is null; of a repeated name the first value is sent, as it is the one that
/// `metadata::get` returns. Bytes in headers that are no UTF-8 become U+FFFD.
std::string write_event_json(const metadata& headers, std::string_view body);

/// Reads what Go's encoding/json accepts for a `broker.Message`: `Header` and `Body` in
/// any case and order, null or missing for empty, other members ignored. Of headers
/// whose names differ in case alone, the first counts. (Stricter than Go: a body that
/// is a list of numbers is refused, and so are bytes that are no UTF-8.)
///
/// Fails with `errc::invalid_argument` (the text says where and what was expected) or
/// `errc::limit_exceeded` (the text names the limit and its value).
expected<event_json> read_event_json(std::string_view text,
                                     const event_json_limits& limits = {});

} // namespace mica
