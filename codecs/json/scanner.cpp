#include "json/scanner.hpp"

#include "json/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mica::json {

namespace {

constexpr auto no_value =
    "expected a value: an object, array, string, number, true, false or null";

// Characters of a string that stand for themselves and are a whole UTF-8 sequence: text
// runs over them without a further look.
constexpr auto plain = [] {
  std::array<bool, 256> result{};
  for (size_t c = 0x20; c < 0x80; ++c)
    result[c] = c != '"' && c != '\\';
  return result;
}();

// The same for eight at once. Without a high bit in `x`, a byte borrows where it is
// less than what is taken from it.
bool all_plain(const char* text) noexcept {
  constexpr auto each = ~uint64_t{0} / 255;
  uint64_t x;
  std::memcpy(&x, text, sizeof(x));
  auto special =
      x | (x - each * 0x20) | ((x ^ each * '"') - each) | ((x ^ each * '\\') - each);
  return (special & each * 0x80) == 0;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, unsigned code) {
  auto tail = [code](int shift) {
    return static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += tail(6);
    out += tail(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += tail(12);
    out += tail(6);
    out += tail(0);
  }
}

} // namespace

kind scanner::peek() noexcept {
  while (position_ < text_.size()
         && (text_[position_] == ' ' || text_[position_] == '\n'
             || text_[position_] == '\r' || text_[position_] == '\t'))
    ++position_;
  token_ = position_;
  if (position_ == text_.size())
    return kind::end;
  switch (auto c = text_[position_]) {
    case '{':
      return kind::object;
    case '[':
      return kind::array;
    case '"':
      return kind::string;
    case 't':
    case 'f':
      return kind::boolean;
    case 'n':
      return kind::null;
    default:
      return c == '-' || is_digit(c) ? kind::number : kind::invalid;
  }
}

bool scanner::enter() {
  if (++depth_ > max_depth)
    return fail("nested deeper than " + std::to_string(max_depth) + " levels");
  ++position_;
  return true;
}

bool scanner::leave(char bracket) {
  if (position_ < text_.size() && text_[position_] == bracket) {
    ++position_;
    --depth_;
    return true;
  }
  return false;
}

// True if one more member follows.
bool scanner::comma(bool& first, char bracket) {
  peek();
  if (leave(bracket))
    return false;
  if (position_ == text_.size())
    return fail(std::string{"the text ends before '"} + bracket + "'");
  if (std::exchange(first, false))
    return true;
  if (text_[position_] != ',')
    return fail(std::string{"expected ',' or '"} + bracket + "'");
  ++position_;
  peek();
  return true;
}

bool scanner::next_element(bool& first) {
  return comma(first, ']');
}

bool scanner::next_member(bool& first, std::string& name) {
  if (!comma(first, '}'))
    return false;
  if (peek() != kind::string)
    return fail("expected a member's name in double quotes");
  if (!string(name))
    return false;
  auto begin = token_;
  peek();
  if (position_ == text_.size() || text_[position_] != ':')
    return fail("expected ':' after the name");
  ++position_;
  // Errors about a member point at its name.
  token_ = begin;
  return true;
}

bool scanner::string(std::string& out) {
  out.clear();
  auto begin = ++position_;
  for (;;) {
    // In a register: `this` may be what the characters alias.
    auto at = position_;
    while (at + 8 <= text_.size() && all_plain(text_.data() + at))
      at += 8;
    while (at < text_.size() && plain[static_cast<uint8_t>(text_[at])])
      ++at;
    position_ = at;
    if (at == text_.size())
      break;
    auto c = text_[at];
    if (c == '"') {
      out.append(text_, begin, position_ - begin);
      ++position_;
      return true;
    }
    if (c == '\\') {
      out.append(text_, begin, position_ - begin);
      if (!escape(out))
        return false;
      begin = position_;
    } else if (static_cast<uint8_t>(c) < 0x20) {
      token_ = position_;
      return fail("a control character in a string; write it as \\u00XX");
    } else if (auto size = utf8_length(text_.substr(position_)); size > 0) {
      position_ += size;
    } else {
      token_ = position_;
      return fail("a byte that is not valid UTF-8");
    }
  }
  return fail("the text ends within a string");
}

bool scanner::hex4(unsigned& out) {
  out = 0;
  for (int i = 0; i < 4; ++i, ++position_) {
    auto c = position_ < text_.size() ? text_[position_] : '\0';
    unsigned digit = 0;
    if (is_digit(c))
      digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<unsigned>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<unsigned>(c - 'A' + 10);
    else
      return fail("\\u needs four hexadecimal digits");
    out = out << 4 | digit;
  }
  return true;
}

bool scanner::escape(std::string& out) {
  token_ = position_++;
  auto c = position_ < text_.size() ? text_[position_++] : '\0';
  switch (c) {
    case '"':
    case '\\':
    case '/':
      out += c;
      return true;
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'u':
      break;
    default:
      return fail("an escape that JSON does not know");
  }
  unsigned code = 0;
  if (!hex4(code))
    return false;
  if (code >= 0xdc00 && code < 0xe000)
    return fail("a low surrogate without its high one");
  if (code >= 0xd800 && code < 0xdc00) {
    unsigned low = 0;
    if (text_.substr(position_, 2) != "\\u")
      return fail("a high surrogate without its low one");
    position_ += 2;
    if (!hex4(low))
      return false;
    if (low < 0xdc00 || low >= 0xe000)
      return fail("a high surrogate without its low one");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(out, code);
  return true;
}

bool scanner::number(std::string_view& out) {
  auto begin = position_;
  auto digits = [this] {
    auto from = position_;
    while (position_ < text_.size() && is_digit(text_[position_]))
      ++position_;
    return position_ > from;
  };
  auto skip_one_of = [this](std::string_view any) {
    if (position_ == text_.size() || any.find(text_[position_]) == any.npos)
      return false;
    ++position_;
    return true;
  };
  skip_one_of("-");
  auto zero = position_ < text_.size() && text_[position_] == '0';
  auto whole = position_;
  if (!digits() || (zero && position_ > whole + 1))
    return fail("a number that JSON does not know");
  if (skip_one_of(".") && !digits())
    return fail("a number without digits after '.'");
  if (skip_one_of("eE")) {
    skip_one_of("+-");
    if (!digits())
      return fail("a number without digits in its exponent");
  }
  out = text_.substr(begin, position_ - begin);
  return true;
}

bool scanner::literal(std::string_view word) {
  if (text_.substr(position_, word.size()) != word)
    return fail(no_value);
  position_ += word.size();
  return true;
}

bool scanner::boolean(bool& out) {
  out = text_[position_] == 't';
  return literal(out ? "true" : "false");
}

bool scanner::null() {
  return literal("null");
}

bool scanner::raw(std::string_view& out) {
  peek();
  auto begin = position_;
  if (!skip())
    return false;
  out = text_.substr(begin, position_ - begin);
  return true;
}

// Recursion is bounded by max_depth.
bool scanner::skip() {
  std::string_view digits;
  std::string text;
  bool first = true;
  bool flag = false;
  switch (peek()) {
    case kind::object:
      if (!enter())
        return false;
      while (next_member(first, text))
        if (!skip())
          return false;
      return !failed_;
    case kind::array:
      if (!enter())
        return false;
      while (next_element(first))
        if (!skip())
          return false;
      return !failed_;
    case kind::string:
      return string(text);
    case kind::number:
      return number(digits);
    case kind::boolean:
      return boolean(flag);
    case kind::null:
      return null();
    case kind::end:
      return fail("the text ends where a value should be");
    case kind::invalid:
      break;
  }
  return fail(no_value);
}

bool scanner::finish() {
  return peek() == kind::end || fail("more text after the value");
}

bool scanner::fail(std::string what) {
  if (!std::exchange(failed_, true))
    what_ = std::move(what);
  return false;
}

std::string scanner::failure() const {
  auto before = text_.substr(0, token_);
  auto line = 1 + std::count(before.begin(), before.end(), '\n');
  auto start = before.rfind('\n');
  auto column = start == before.npos ? before.size() + 1 : before.size() - start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column) + ": "
         + what_;
}

} // namespace mica::json
