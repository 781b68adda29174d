// Field sections as nghttp2 takes them.

#pragma once

#include "mica/codecs/metadata.hpp"

#include <nghttp2/nghttp2.h>

#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net::http2 {

/// Collects the fields of one HEADERS frame; used again and again.
///
/// Nothing is copied that can be sent as it is: names and values of `add` must live
/// until the frame is made. Names become lower case (RFC 9113, 8.2), fields of one
/// connection (8.2.2) and names that are no tokens are left out, as are Host, which
/// travels as `:authority`, Content-Length and Expect; control characters in values
/// become blanks, and blanks around them go (8.2.1).
class field_block {
public:
  void clear() noexcept;

  /// Adds a pseudo-header field or another that needs no check.
  void add_raw(std::string_view name, std::string_view value);

  /// Adds what of `fields` belongs to a message.
  void add(const metadata& fields);

  /// As `add_raw`, with a number.
  void add_number(std::string_view name, size_t value);

  const nghttp2_nv* data() const noexcept {
    return fields_.data();
  }

  size_t size() const noexcept {
    return fields_.size();
  }

private:
  void add_field(std::string_view name, std::string_view value);

  std::vector<nghttp2_nv> fields_;
  /// Values that had to be mended; nghttp2 copies them.
  std::forward_list<std::string> mended_;
};

/// Tells whether the content type is one of gRPC's: `application/grpc`, also followed
/// by `+` or `;`.
bool is_grpc(const metadata& fields) noexcept;

} // namespace mica::net::http2
