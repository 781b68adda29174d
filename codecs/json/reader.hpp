// A message from JSON, through reflection.

#pragma once

#include "mica/codecs/expected.hpp"
#include "json/scanner.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
} // namespace google::protobuf

namespace mica::json {

/// Fills a message from JSON text as Go's jsonpb does: original and camelCase names,
/// integers as numbers or strings, enums by name or number, `null` for "not set".
/// Stricter than jsonpb in that nothing may be said twice.
///
/// Timestamp, Duration, FieldMask and the wrappers are also read in the form of plain
/// objects (`{"seconds":1}`), because that is what Go Micro's servers write.
class reader {
public:
  explicit reader(std::string_view text) noexcept : in_(text) {
    // nop
  }

  /// Replaces `message`. The failure is an `errc::invalid_argument` such as
  /// `"HelloRequest.items[2].name: line 1, column 20: expected a string, not a
  /// number"`.
  expected<void> read(google::protobuf::Message& message);

private:
  using message_type = google::protobuf::Message;
  using field_type = google::protobuf::FieldDescriptor;

  /// Which fields of one message were there.
  class seen {
  public:
    explicit seen(int fields);

    /// False if `index` was marked before.
    bool mark(int index);

  private:
    uint64_t few_ = 0;
    std::vector<bool> many_;
  };

  bool message(message_type& x);

  /// @param part_of_any skips the member `@type`.
  bool object(message_type& x, bool part_of_any = false);

  /// Nullptr, and a failure, if there is no such field.
  /// @param hint where to look first; moves on.
  const field_type* find(const message_type& x, const std::string& name, int& hint);

  bool member(message_type& x, const field_type& field);

  bool list(message_type& x, const field_type& field);

  bool map(message_type& x, const field_type& field);

  bool map_key(message_type& entry, const field_type& key, std::string& name);

  /// Sets a singular field or adds to a repeated one.
  bool value(message_type& x, const field_type& field);

  template <class Number>
  bool number(Number& out);

  bool text(std::string& out, const char* what);

  bool flag(bool& out);

  bool enumerator(const field_type& field, int& out);

  /// The well-known types; see `reader_known.cpp`.
  bool known(message_type& x);

  bool any(message_type& x);

  bool any_type(std::string& url);

  bool any_value(message_type& content);

  bool time(message_type& x);

  bool field_mask(message_type& x);

  bool json_value(message_type& x);

  /// Fails at the last token with "expected ..., not ...".
  bool mismatch(const char* what);

  /// Puts `step` in front of the path; false, for `return`.
  bool inside(const std::string& step);

  scanner in_;
  // Of the failure; built while the recursion unwinds.
  std::string path_;
};

} // namespace mica::json
