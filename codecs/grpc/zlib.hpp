// Whole messages through zlib, within a limit.

#pragma once

#include "mica/codecs/grpc_frame.hpp"

#include <zlib.h>

namespace mica::grpc {

class inflater {
public:
  /// @pre `from` is not identity.
  explicit inflater(coding from);
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;
  ~inflater();

  /// Replaces `out` by the decompressed `bytes`, which are one complete stream. Never
  /// makes more than `limit` bytes, whatever the stream claims
  /// (`errc::limit_exceeded`); broken ones fail with `errc::protocol_error`.
  expected<void> run(std::string_view bytes, size_t limit, std::string& out);

private:
  z_stream stream_{};
  coding from_;
  bool ready_ = false;
};

/// Appends the compressed `bytes` to `out`; false if that makes nothing smaller, or
/// without memory: `out` is as it was then.
/// @pre `as` is not identity.
bool deflate_onto(std::string& out, std::string_view bytes, coding as);

} // namespace mica::grpc
