// Lines out of a byte stream.

#pragma once

#include <string>
#include <string_view>

namespace mica::net::http1 {

/// Cuts lines off the bytes it is given and keeps the start of one that is not
/// complete yet, so that no byte is looked at twice however finely they are sliced.
///
/// A line ends in CR LF. RFC 9112, 2.2 allows a recipient to take a bare LF for a
/// line end; that is refused here, because two recipients that differ on it see
/// different messages.
class line_reader {
public:
  enum class result : uint8_t { line, partial, too_long, bare_lf };

  /// Takes bytes from the front of `in`.
  /// @param limit octets of the line without its end.
  /// @param line is set for `result::line` only, without its end, and lives until
  ///             the next call and as long as the bytes of `in`.
  result next(std::string_view& in, size_t limit, std::string_view& line);

  /// A line has begun and not ended.
  bool within_line() const noexcept {
    return !spent_ && !kept_.empty();
  }

private:
  std::string kept_;
  // `kept_` was handed out as a line.
  bool spent_ = false;
};

} // namespace mica::net::http1
