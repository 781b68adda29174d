// JSON's pieces as text: strings, numbers, base64. Both directions, no DOM.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mica::json {

/// Appends `text` as a JSON string the way Go's encoding/json does: `<`, `>`, `&`,
/// U+2028 and U+2029 escaped, bytes that are no UTF-8 replaced by \ufffd. The result
/// holds no line break, so that it may stand in a header field.
void append_string(std::string& out, std::string_view text);

void append_number(std::string& out, int64_t value);

void append_number(std::string& out, uint64_t value);

/// Shortest text that reads back to the same value; with an exponent below 1e-6 and
/// from 1e21, as Go writes it. NaN and the infinities become `"NaN"`, `"Infinity"`
/// and `"-Infinity"` (protobuf's JSON mapping; Go's encoder refuses them).
void append_number(std::string& out, double value);

void append_number(std::string& out, float value);

/// RFC 4648, 4: standard alphabet, padded.
void append_base64(std::string& out, std::string_view bytes);

/// Reads the standard and the URL alphabet, padded or not; nullopt if `text` is
/// neither.
std::optional<std::string> parse_base64(std::string_view text);

/// Returns the length of the UTF-8 sequence that `text` begins with, 1..4; 0 if it
/// begins with none (RFC 3629: no surrogates, no overlong forms).
size_t utf8_length(std::string_view text) noexcept;

/// For error texts: at most `most` bytes of `text`, cut at a character.
std::string shortened(std::string_view text, size_t most = 64);

} // namespace mica::json
