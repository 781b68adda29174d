#include "json/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace mica::json {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Characters that stand for themselves.
constexpr auto plain = [] {
  std::array<bool, 256> result{};
  for (int c = 0x20; c < 0x80; ++c)
    result[static_cast<size_t>(c)] = true;
  for (auto c : std::string_view{"\"\\<>&"})
    result[static_cast<uint8_t>(c)] = false;
  return result;
}();

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += hex_digits[static_cast<uint8_t>(c) >> 4];
      out += hex_digits[static_cast<uint8_t>(c) & 15];
  }
}

template <class Number>
void append_integer(std::string& out, Number value) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out.append(buffer, end);
}

template <class Real>
void append_real(std::string& out, Real value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  auto size = std::abs(value);
  auto fixed = size == 0 || (size >= Real(1e-6) && size < Real(1e21));
  char buffer[64];
  auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific)
          .ptr;
  std::string_view text{buffer, static_cast<size_t>(end - buffer)};
  // 1e-07 -> 1e-7
  if (!fixed && text.size() > 4 && text.substr(text.size() - 4, 3) == "e-0") {
    out.append(text.substr(0, text.size() - 2));
    out += text.back();
    return;
  }
  out.append(text);
}

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto base64_values = [] {
  std::array<int8_t, 256> result{};
  result.fill(-1);
  for (size_t i = 0; i < base64_digits.size(); ++i)
    result[static_cast<uint8_t>(base64_digits[i])] = static_cast<int8_t>(i);
  result['-'] = 62;
  result['_'] = 63;
  return result;
}();

} // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  size_t done = 0;
  size_t i = 0;
  auto flush = [&] { out.append(text, done, i - done); };
  while (i < text.size()) {
    auto c = text[i];
    if (plain[static_cast<uint8_t>(c)]) {
      ++i;
      continue;
    }
    if (static_cast<uint8_t>(c) < 0x80) {
      flush();
      append_escape(out, c);
      done = ++i;
      continue;
    }
    auto size = utf8_length(text.substr(i));
    if (size == 0) {
      flush();
      out += "\\ufffd";
      done = ++i;
    } else if (auto symbol = text.substr(i, size);
               symbol == "\xe2\x80\xa8" || symbol == "\xe2\x80\xa9") {
      // Line breaks to JavaScript.
      flush();
      out += symbol.back() == '\xa8' ? "\\u2028" : "\\u2029";
      done = i += size;
    } else {
      i += size;
    }
  }
  flush();
  out += '"';
}

void append_number(std::string& out, int64_t value) {
  append_integer(out, value);
}

void append_number(std::string& out, uint64_t value) {
  append_integer(out, value);
}

void append_number(std::string& out, double value) {
  append_real(out, value);
}

void append_number(std::string& out, float value) {
  append_real(out, value);
}

void append_base64(std::string& out, std::string_view bytes) {
  auto begin = out.size();
  out.resize(begin + (bytes.size() + 2) / 3 * 4);
  auto* to = out.data() + begin;
  auto byte = [from = bytes.data()](size_t at) {
    return static_cast<uint32_t>(static_cast<uint8_t>(from[at]));
  };
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3, to += 4) {
    auto bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    to[0] = base64_digits[bits >> 18];
    to[1] = base64_digits[bits >> 12 & 63];
    to[2] = base64_digits[bits >> 6 & 63];
    to[3] = base64_digits[bits & 63];
  }
  if (i == bytes.size())
    return;
  auto two = i + 2 == bytes.size();
  auto bits = byte(i) << 16 | (two ? byte(i + 1) << 8 : 0);
  to[0] = base64_digits[bits >> 18];
  to[1] = base64_digits[bits >> 12 & 63];
  to[2] = two ? base64_digits[bits >> 6 & 63] : '=';
  to[3] = '=';
}

std::optional<std::string> parse_base64(std::string_view text) {
  if (text.size() % 4 == 0 && text.ends_with('='))
    text.remove_suffix(text.ends_with("==") ? 2 : 1);
  if (text.size() % 4 == 1)
    return std::nullopt;
  std::string result(text.size() * 3 / 4, '\0');
  auto* to = result.data();
  auto digit = [from = text.data()](size_t at) {
    return int32_t{base64_values[static_cast<uint8_t>(from[at])]};
  };
  size_t i = 0;
  // Negative if one of them is no digit.
  int32_t all = 0;
  for (; i + 4 <= text.size(); i += 4, to += 3) {
    auto a = digit(i), b = digit(i + 1), c = digit(i + 2), d = digit(i + 3);
    all |= a | b | c | d;
    auto bits = static_cast<uint32_t>(a) << 18 | static_cast<uint32_t>(b) << 12
                | static_cast<uint32_t>(c) << 6 | static_cast<uint32_t>(d);
    to[0] = static_cast<char>(bits >> 16);
    to[1] = static_cast<char>(bits >> 8);
    to[2] = static_cast<char>(bits);
  }
  if (i + 2 <= text.size()) {
    auto three = i + 3 == text.size();
    auto a = digit(i), b = digit(i + 1), c = three ? digit(i + 2) : 0;
    all |= a | b | c;
    auto bits = static_cast<uint32_t>(a) << 18 | static_cast<uint32_t>(b) << 12
                | static_cast<uint32_t>(c) << 6;
    to[0] = static_cast<char>(bits >> 16);
    if (three)
      to[1] = static_cast<char>(bits >> 8);
  }
  if (all < 0)
    return std::nullopt;
  return result;
}

size_t utf8_length(std::string_view text) noexcept {
  auto at = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  auto tail = [&](size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  if (text.empty())
    return 0;
  auto first = at(0);
  if (first < 0x80)
    return 1;
  if (first < 0xc2 || first > 0xf4 || !tail(1))
    return 0;
  if (first < 0xe0)
    return 2;
  auto second = at(1);
  if (!tail(2) || (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f))
    return 0;
  if (first < 0xf0)
    return 3;
  if (!tail(3) || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
    return 0;
  return 4;
}

std::string shortened(std::string_view text, size_t most) {
  if (text.size() <= most)
    return std::string{text};
  auto size = most;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80)
    --size;
  return std::string{text.substr(0, size)} + "...";
}

} // namespace mica::json
