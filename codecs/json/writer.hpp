// A message as JSON, through reflection.

#pragma once

#include "mica/codecs/expected.hpp"

#include <string>

namespace google::protobuf {
class FieldDescriptor;
class Message;
} // namespace google::protobuf

namespace mica::json {

/// Appends a message to a string as Go's encoding/json writes the generated struct:
/// original field names in the order of the .proto, zero values left out, 64-bit
/// integers and enums as numbers, bytes in base64, map keys sorted.
///
/// Members of a oneof and the well-known types are written by protobuf's JSON mapping,
/// because Go's readers understand nothing else there.
class writer {
public:
  explicit writer(std::string& out) noexcept : out_(out) {
    // nop
  }

  /// Fails with `errc::invalid_argument` on more than 100 levels, on a
  /// `google.protobuf.Any` of unknown type, on times out of range.
  expected<void> write(const google::protobuf::Message& message);

private:
  using message_type = google::protobuf::Message;
  using field_type = google::protobuf::FieldDescriptor;

  bool message(const message_type& x);

  bool object(const message_type& x);

  /// The members of `x`, without braces.
  bool members(const message_type& x, bool first);

  bool member(const message_type& x, const field_type& field);

  bool list(const message_type& x, const field_type& field);

  bool map(const message_type& x, const field_type& field);

  /// @param index of a repeated field's element; -1 for a singular field.
  bool value(const message_type& x, const field_type& field, int index);

  /// The well-known types; see `writer_known.cpp`.
  bool known(const message_type& x);

  bool any(const message_type& x);

  bool time(const message_type& x);

  bool duration(const message_type& x);

  bool field_mask(const message_type& x);

  bool json_value(const message_type& x);

  bool fail(const message_type& x, const std::string& what);

  std::string& out_;
  std::string scratch_;
  std::string failure_;
  int depth_ = 0;
};

} // namespace mica::json
