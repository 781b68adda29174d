// The field lines of a header or trailer section.

#pragma once

#include "http1/fault.hpp"
#include "http1/framing.hpp"
#include "http1/line_reader.hpp"

#include "mica/codecs/metadata.hpp"
#include "mica/net/limits.hpp"

namespace mica::net::http1 {

/// How far a part of a message has been read.
enum class progress : uint8_t { more, done, failed };

/// Splits a field line (RFC 9112, 5) into views of it; the value is trimmed.
/// @returns false with `why` set if the line is none: folded, without colon, with
///          white space in its name, with control characters in its value.
bool split_field(std::string_view line, metadata::entry& out, fault& why);

/// Reads field lines up to and including the empty one, against the limits of one
/// message: header and trailer share them.
class field_reader {
public:
  explicit field_reader(const http_limits& limits) : limits_(&limits) {
    // nop
  }

  /// Forgets what the last message used up.
  void reset() noexcept {
    bytes_ = 0;
    count_ = 0;
  }

  /// Reads a header section into `fields`, what frames the message into `frame`.
  progress read_header(line_reader& lines, std::string_view& in, metadata& fields,
                       framing& frame, fault& why);

  /// Reads a trailer section and drops it: RFC 9110, 6.5.1 forbids merging fields
  /// whose definition does not permit that, and we know of none that does.
  progress read_trailer(line_reader& lines, std::string_view& in, fault& why);

  /// Counts `bytes` of the message that are neither start line nor body.
  /// @returns false with `why` set beyond `http_limits::header_bytes`.
  bool charge(size_t bytes, fault& why);

private:
  /// `progress::done` with a null `line.data()` is the empty line.
  progress next_field(line_reader& lines, std::string_view& in, metadata::entry& field,
                      fault& why);

  const http_limits* limits_;
  size_t bytes_ = 0;
  size_t count_ = 0;
};

} // namespace mica::net::http1
