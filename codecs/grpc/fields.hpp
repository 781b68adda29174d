// The header fields of gRPC, and those that belong to the user.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/codecs/metadata.hpp"

#include <string_view>

namespace mica::grpc {

/// Views into the fields, the first of each name; empty if absent.
struct grpc_fields {
  std::string_view content_type;
  std::string_view timeout;
  std::string_view encoding;
  std::string_view accept_encoding;
  std::string_view status;
  std::string_view message;
  std::string_view details;
  /// `timeout`: Go Micro's own, nanoseconds.
  std::string_view micro_timeout;
  std::string_view micro_content_type;
  /// There is a field `...-bin` that is not grpc-status-details-bin.
  bool has_binary = false;
};

/// One pass over all fields.
grpc_fields scan(const metadata& fields);

/// Turns every field `...-bin` from base64 into the bytes that it stands for; one with
/// commas into a field for each item. Fails with `errc::protocol_error` (INTERNAL).
/// grpc-status-details-bin stays as it is.
expected<void> decode_binary(metadata& fields);

/// Appends the user's fields as gRPC sends them: names in lower case, `...-bin` as
/// base64, values in one line. What is no token, begins with `grpc-` or means something
/// to HTTP, gRPC or Go Micro is left out.
void add_user_fields(metadata& to, const metadata& fields);

} // namespace mica::grpc
