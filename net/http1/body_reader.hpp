// The body of a message, taken out of its framing.

#pragma once

#include "http1/field_reader.hpp"

namespace mica::net::http1 {

/// Reads one body after another (RFC 9112, 6 and 7) into a string, which grows with
/// what arrives, not with what a peer announces.
class body_reader {
public:
  explicit body_reader(const http_limits& limits) : limits_(&limits) {
    // nop
  }

  /// Begins a body of `length` octets. @returns false with `why` set if it exceeds
  /// `http_limits::body_bytes`.
  bool begin_sized(uint64_t length, fault& why);
  void begin_chunked();
  /// Begins a body that only the end of the connection ends.
  void begin_unsized();

  /// Takes octets from the front of `in`; a trailer counts against `fields`.
  progress read(line_reader& lines, field_reader& fields, std::string_view& in,
                std::string& body, fault& why);

private:
  enum class step : uint8_t {
    sized,
    unsized,
    chunk_size,
    chunk_data,
    chunk_end,
    trailer
  };

  bool take(std::string_view& in, std::string& body);
  progress read_size(line_reader& lines, field_reader& fields, std::string_view& in,
                     size_t so_far, fault& why);
  progress read_chunk_end(line_reader& lines, std::string_view& in, fault& why);
  bool too_large(fault& why) const;

  const http_limits* limits_;
  /// Octets to come: of the body, or of the current chunk.
  uint64_t left_ = 0;
  step step_ = step::sized;
};

} // namespace mica::net::http1
