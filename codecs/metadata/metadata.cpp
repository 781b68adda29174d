#include "mica/codecs/metadata.hpp"

#include <algorithm>

namespace mica {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

// RFC 9110, 5.6.2: the characters of a token.
constexpr bool is_token_char(char c) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
    return true;
  return std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

} // namespace

metadata::metadata(std::initializer_list<entry> entries) {
  for (const auto& x : entries)
    add(x.name, x.value);
}

void metadata::add(std::string_view name, std::string_view value) {
  slots_.push_back({static_cast<uint32_t>(text_.size()),
                    static_cast<uint32_t>(name.size()),
                    static_cast<uint32_t>(value.size())});
  text_.append(name);
  text_.append(value);
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
  // The old text stays behind in the buffer: sets are few, rewriting is not cheap.
  *first = {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()),
            static_cast<uint32_t>(value.size())};
  text_.append(name);
  text_.append(value);
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

metadata::entry metadata::at(size_t index) const noexcept {
  const auto& x = slots_[index];
  auto* name = text_.data() + x.offset;
  return {{name, x.name_size}, {name + x.name_size, x.value_size}};
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
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i] != y[i] && lower(x[i]) != lower(y[i]))
      return false;
  return true;
}

std::string canonical_name(std::string_view name) {
  std::string result{name};
  if (!std::all_of(name.begin(), name.end(), is_token_char))
    return result;
  bool first = true;
  for (auto& c : result) {
    c = first ? upper(c) : lower(c);
    first = c == '-';
  }
  return result;
}

} // namespace mica
