#include "records/json_text.hpp"

#include <cstdint>

namespace mica::discovery {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Length of the UTF-8 sequence at `pos` (RFC 3629, table 3-7 of Unicode: no
// overlong forms, no surrogates), or 0 if there is none.
size_t sequence_length(std::string_view text, size_t pos) {
  auto byte = [&](size_t offset) -> unsigned {
    return pos + offset < text.size() ? static_cast<uint8_t>(text[pos + offset]) : 0u;
  };
  auto in = [](unsigned x, unsigned low, unsigned high) {
    return x >= low && x <= high;
  };
  auto tail = [&](size_t offset) { return in(byte(offset), 0x80, 0xbf); };
  auto first = byte(0);
  if (in(first, 0xc2, 0xdf))
    return tail(1) ? 2 : 0;
  if (in(first, 0xe0, 0xef)) {
    auto low = first == 0xe0 ? 0xa0u : 0x80u;
    auto high = first == 0xed ? 0x9fu : 0xbfu;
    return in(byte(1), low, high) && tail(2) ? 3 : 0;
  }
  if (in(first, 0xf0, 0xf4)) {
    auto low = first == 0xf0 ? 0x90u : 0x80u;
    auto high = first == 0xf4 ? 0x8fu : 0xbfu;
    return in(byte(1), low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<uint8_t>(c) >= 0x20 && c != '<' && c != '>' && c != '&') {
    out += c;
    return;
  }
  out += "\\u00";
  out += hex_digits[static_cast<uint8_t>(c) >> 4];
  out += hex_digits[static_cast<uint8_t>(c) & 15];
}

void append_value(std::string& out, const value& x) {
  out += "{\"name\":";
  append_string(out, x.name);
  out += ",\"type\":";
  append_string(out, x.type);
  out += ",\"values\":";
  if (x.values.empty()) {
    out += "null}";
    return;
  }
  auto separator = '[';
  for (const auto& child : x.values) {
    out += separator;
    append_value(out, child);
    separator = ',';
  }
  out += "]}";
}

void append_optional_value(std::string& out, const value& x) {
  if (x == value{})
    out += "null";
  else
    append_value(out, x);
}

void append_node(std::string& out, const node& x) {
  out += "{\"id\":";
  append_string(out, x.id);
  out += ",\"address\":";
  append_string(out, x.address);
  out += ",\"metadata\":";
  append_labels(out, x.metadata, "null");
  out += '}';
}

template <class T, class Append>
void append_list(std::string& out, const std::vector<T>& xs, Append append) {
  if (xs.empty()) {
    out += "null";
    return;
  }
  auto separator = '[';
  for (const auto& x : xs) {
    out += separator;
    append(out, x);
    separator = ',';
  }
  out += ']';
}

} // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (size_t pos = 0; pos < text.size();) {
    if (static_cast<uint8_t>(text[pos]) < 0x80) {
      append_ascii(out, text[pos++]);
      continue;
    }
    auto length = sequence_length(text, pos);
    if (length == 0) {
      out += "\\ufffd";
      ++pos;
      continue;
    }
    auto sequence = text.substr(pos, length);
    if (sequence == "\u2028")
      out += "\\u2028";
    else if (sequence == "\u2029")
      out += "\\u2029";
    else
      out += sequence;
    pos += length;
  }
  out += '"';
}

void append_labels(std::string& out, const labels& xs, std::string_view if_empty) {
  if (xs.empty()) {
    out += if_empty;
    return;
  }
  auto separator = '{';
  for (const auto& [key, text] : xs) {
    out += separator;
    append_string(out, key);
    out += ':';
    append_string(out, text);
    separator = ',';
  }
  out += '}';
}

void append_endpoint(std::string& out, const endpoint& x) {
  out += "{\"name\":";
  append_string(out, x.name);
  out += ",\"request\":";
  append_optional_value(out, x.request);
  out += ",\"response\":";
  append_optional_value(out, x.response);
  out += ",\"metadata\":";
  append_labels(out, x.metadata, "{}");
  out += '}';
}

std::string to_json(const endpoint& x) {
  std::string out;
  append_endpoint(out, x);
  return out;
}

std::string to_json(const service_record& record) {
  std::string out = "{\"name\":";
  append_string(out, record.name);
  out += ",\"version\":";
  append_string(out, record.version);
  out += ",\"metadata\":";
  append_labels(out, record.metadata, "null");
  out += ",\"endpoints\":";
  append_list(out, record.endpoints, append_endpoint);
  out += ",\"nodes\":";
  append_list(out, record.nodes, append_node);
  out += '}';
  return out;
}

} // namespace mica::discovery
