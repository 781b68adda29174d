// HTTP messages for fuzzers: a first line, fields, an empty line, the body.

#pragma once

#include "mica/codecs/metadata.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::fuzz {

struct message_text {
  std::string first_line;
  metadata fields;
  std::string body;
};

/// Takes any text. A field is what stands around the first ": " of a line.
inline message_text split_message(const uint8_t* data, size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  auto line = [&rest] {
    auto end = rest.find('\n');
    auto result = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return result;
  };
  message_text result;
  result.first_line = line();
  for (auto field = line(); !field.empty(); field = line()) {
    auto colon = field.find(": ");
    if (colon != field.npos)
      result.fields.add(field.substr(0, colon), field.substr(colon + 2));
  }
  result.body = rest;
  return result;
}

/// No field can be written as more than one line.
inline bool are_lines(const metadata& fields) {
  for (auto [name, value] : fields)
    if (!is_token(name)
        || value.find_first_of(std::string_view{"\r\n\0", 3}) != value.npos)
      return false;
  return true;
}

} // namespace mica::fuzz
