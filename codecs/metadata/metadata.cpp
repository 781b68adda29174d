#include "mica/codecs/metadata.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mica {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

// RFC 9110, 5.6.2: the characters of a token.
constexpr auto token_chars = [] {
  std::array<bool, 256> result{};
  for (auto c = 'a'; c <= 'z'; ++c)
    result[static_cast<uint8_t>(c)] = result[static_cast<uint8_t>(upper(c))] = true;
  for (auto c = '0'; c <= '9'; ++c)
    result[static_cast<uint8_t>(c)] = true;
  for (auto c : std::string_view{"!#$%&'*+-.^_`|~"})
    result[static_cast<uint8_t>(c)] = true;
  return result;
}();

// What the first field makes room for: a reply of ours has three or four.
constexpr size_t first_slots = 8;
constexpr size_t first_bytes = 160;

} // namespace

metadata::metadata(std::initializer_list<entry> entries) {
  for (const auto& x : entries)
    add(x.name, x.value);
}

void metadata::add(std::string_view name, std::string_view value) {
  if (slots_.capacity() == 0)
    slots_.reserve(first_slots);
  slots_.push_back(append(name, value));
}

// Both may lie in this very buffer, as in `x.add("B", x.get_or("A", ""))`.
metadata::slot metadata::append(std::string_view name, std::string_view value) {
  slot result{static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()),
              static_cast<uint32_t>(value.size())};
  auto size = text_.size() + name.size() + value.size();
  if (size <= text_.capacity()) {
    text_.append(name);
    text_.append(value);
  } else {
    std::string grown;
    grown.reserve(std::max({size, 2 * text_.size(), first_bytes}));
    grown.append(text_);
    grown.append(name);
    grown.append(value);
    text_.swap(grown);
  }
  return result;
}

void metadata::set(std::string_view name, std::string_view value) {
  auto same = [this, name](const slot& x) {
    return equal_names(std::string_view{text_}.substr(x.offset, x.name_size), name);
  };
  auto first = std::find_if(slots_.begin(), slots_.end(), same);
  if (first == slots_.end()) {
    add(name, value);
    return;
  }
  slots_.erase(std::remove_if(first + 1, slots_.end(), same), slots_.end());
  if (value.size() <= first->value_size) {
    // In place, so that a field set again and again does not grow the buffer.
    auto* to = text_.data() + first->offset;
    std::memmove(to + first->name_size, value.data(), value.size());
    std::memmove(to, name.data(), name.size());
    first->value_size = static_cast<uint32_t>(value.size());
    return;
  }
  *first = append(name, value);
  compact();
}

// Text of replaced and erased fields stays behind; it goes once it prevails.
void metadata::compact() {
  size_t used = 0;
  for (const auto& x : slots_)
    used += x.name_size + x.value_size;
  if (text_.size() < first_bytes || text_.size() < 2 * used)
    return;
  std::string fresh;
  fresh.reserve(text_.size());
  for (auto& x : slots_) {
    auto offset = static_cast<uint32_t>(fresh.size());
    fresh.append(text_, x.offset, x.name_size + x.value_size);
    x.offset = offset;
  }
  text_.swap(fresh);
}

size_t metadata::erase(std::string_view name) {
  auto same = [this, name](const slot& x) {
    return equal_names(std::string_view{text_}.substr(x.offset, x.name_size), name);
  };
  auto last = std::remove_if(slots_.begin(), slots_.end(), same);
  auto count = static_cast<size_t>(slots_.end() - last);
  slots_.erase(last, slots_.end());
  return count;
}

std::optional<std::string_view> metadata::get(std::string_view name) const noexcept {
  for (const auto& x : slots_)
    if (x.name_size == name.size()
        && equal_names({text_.data() + x.offset, x.name_size}, name))
      return std::string_view{text_.data() + x.offset + x.name_size, x.value_size};
  return std::nullopt;
}

std::string_view metadata::get_or(std::string_view name,
                                  std::string_view fallback) const noexcept {
  return get(name).value_or(fallback);
}

void metadata::clear() noexcept {
  text_.clear();
  slots_.clear();
}

void metadata::reserve(size_t fields, size_t bytes) {
  slots_.reserve(fields);
  text_.reserve(bytes);
}

bool operator==(const metadata& x, const metadata& y) {
  auto same = [](const metadata::entry& a, const metadata::entry& b) {
    return equal_names(a.name, b.name) && a.value == b.value;
  };
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), same);
}

bool equal_names(std::string_view x, std::string_view y) noexcept {
  if (x.size() != y.size())
    return false;
  if (x.empty())
    return true;
  // Most names differ in the first letter or are spelled alike.
  if (lower(x.front()) != lower(y.front()))
    return false;
  if (std::memcmp(x.data(), y.data(), x.size()) == 0)
    return true;
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i] != y[i] && lower(x[i]) != lower(y[i]))
      return false;
  return true;
}

bool is_token(std::string_view text) noexcept {
  for (auto c : text)
    if (!token_chars[static_cast<uint8_t>(c)])
      return false;
  return !text.empty();
}

std::string canonical_name(std::string_view name) {
  std::string result{name};
  if (!is_token(name))
    return result;
  bool first = true;
  for (auto& c : result) {
    c = first ? upper(c) : lower(c);
    first = c == '-';
  }
  return result;
}

} // namespace mica
