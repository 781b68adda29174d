// The character classes of RFC 9110 and RFC 9112, and what is read by them.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mica::net::http1 {

/// Sets of octets, one bit each.
enum char_set : uint8_t {
  /// RFC 9110, 5.6.2: tchar.
  token_chars = 1,
  /// RFC 9110, 5.5: VCHAR, obs-text, SP, HTAB.
  value_chars = 2,
  /// A request target's: VCHAR without `#`, since a fragment never travels.
  target_chars = 4,
  /// RFC 3986, 3.2.2 and 3.2.3: uri-host and port, not looked into any further.
  host_chars = 8,
  /// RFC 9113, 8.2.1: tchar without upper case.
  lower_token_chars = 16,
};

namespace detail {

constexpr bool within(std::string_view set, int c) {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<uint8_t, 256> make_char_sets() {
  std::array<uint8_t, 256> sets{};
  for (int c = 0; c < 256; ++c) {
    bool alnum =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    bool visible = c > 0x20 && c < 0x7f;
    int bits = 0;
    if (alnum || (c != 0 && within("!#$%&'*+-.^_`|~", c)))
      bits |= c >= 'A' && c <= 'Z' ? token_chars : token_chars | lower_token_chars;
    if (visible || c >= 0x80 || c == ' ' || c == '\t')
      bits |= value_chars;
    if (visible && c != '#')
      bits |= target_chars;
    if (alnum || (c != 0 && within("-._~%!$&'()*+,;=:[]", c)))
      bits |= host_chars;
    sets[static_cast<size_t>(c)] = static_cast<uint8_t>(bits);
  }
  return sets;
}

inline constexpr auto char_sets = make_char_sets();

} // namespace detail

constexpr bool is(char_set set, char c) noexcept {
  return (detail::char_sets[static_cast<unsigned char>(c)] & set) != 0;
}

/// Returns how many octets at the front of `text` are in `set`.
constexpr size_t span_of(char_set set, std::string_view text) noexcept {
  size_t n = 0;
  while (n < text.size() && is(set, text[n]))
    ++n;
  return n;
}

constexpr bool all(char_set set, std::string_view text) noexcept {
  return span_of(set, text) == text.size();
}

constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && all(token_chars, text);
}

/// Drops optional white space (SP, HTAB) at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

/// Cuts the next element off a comma-separated list and trims it.
/// @param list is null once the last element is taken.
constexpr std::string_view next_element(std::string_view& list) noexcept {
  auto comma = list.find(',');
  auto element = trimmed(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return element;
}

/// Returns `text` in quotes for an error's sentence: at most 40 octets of it, and
/// everything that is not printable ASCII as `\xNN`.
std::string quoted(std::string_view text);

} // namespace mica::net::http1
