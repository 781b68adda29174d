// JSON text, piece by piece (RFC 8259).

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mica::json {

/// How deep arrays and objects may nest; deeper text is refused. Protobuf's own
/// limit for messages.
constexpr int max_depth = 100;

/// What begins at the scanner's position.
enum class kind { object, array, string, number, boolean, null, end, invalid };

/// Reads JSON front to back without building values. Strict: no comments, no
/// trailing commas, no lone surrogates, no bytes that are not UTF-8.
///
/// Every function that can fail returns false and keeps the first failure; after
/// one, nothing more may be read. Not a DOM on purpose: with the target message at
/// hand each value goes where it belongs at once, and an error knows its place.
class scanner {
public:
  explicit scanner(std::string_view text) noexcept : text_(text) {
    // nop
  }

  /// Skips white space and tells what follows.
  kind peek() noexcept;

  /// Enters an object or array.
  /// @pre `peek()` told so.
  bool enter();

  /// Moves to the next member of the entered array; false at its end, which is read,
  /// and on failure: ask `failed()`. `first` is true for the first call and reset.
  bool next_element(bool& first);

  /// As `next_element` for an object; also reads the member's name and colon.
  bool next_member(bool& first, std::string& name);

  /// Replaces `out` by the string.
  bool string(std::string& out);

  /// Returns the number as it is written, e.g. `-1.5e3`; lives as long as the text.
  bool number(std::string_view& out);

  bool boolean(bool& out);

  bool null();

  /// Skips one value; `out` is its text.
  bool raw(std::string_view& out);

  /// Only white space may follow.
  bool finish();

  /// Notes a failure at the last token. Returns false.
  bool fail(std::string what);

  bool failed() const noexcept {
    return failed_;
  }

  /// `"line 1, column 9: expected ':' after the name"`.
  std::string failure() const;

private:
  bool literal(std::string_view word);

  bool escape(std::string& out);

  bool hex4(unsigned& out);

  bool leave(char bracket);

  bool comma(bool& first, char bracket);

  bool skip();

  std::string_view text_;
  size_t position_ = 0;
  // Where the last token began: what an error points at.
  size_t token_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  std::string what_;
};

} // namespace mica::json
