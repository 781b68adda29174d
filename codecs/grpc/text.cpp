#include "grpc/text.hpp"

#include "json/text.hpp"

#include <array>
#include <charconv>

namespace mica::grpc {

namespace {

using std::chrono::nanoseconds;

struct unit {
  char name;
  int64_t nanoseconds;
};

// From the finest to the coarsest.
constexpr auto units = std::array<unit, 6>{{
    {'n', 1},
    {'u', 1'000},
    {'m', 1'000'000},
    {'S', 1'000'000'000},
    {'M', 60'000'000'000},
    {'H', 3'600'000'000'000},
}};

constexpr size_t most_digits = 8;
constexpr int64_t most_count = 99'999'999;

bool is_plain(char c) noexcept {
  return c >= ' ' && c <= '~' && c != '%';
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

} // namespace

std::optional<nanoseconds> parse_timeout(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > most_digits + 1)
    return std::nullopt;
  int64_t count = 0;
  for (auto c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9')
      return std::nullopt;
    count = count * 10 + (c - '0');
  }
  for (const auto& x : units)
    if (x.name == text.back())
      return count > nanoseconds::max().count() / x.nanoseconds
                 ? nanoseconds::max()
                 : nanoseconds{count * x.nanoseconds};
  return std::nullopt;
}

std::string format_timeout(nanoseconds time) {
  if (time <= nanoseconds{0})
    return "0n";
  char buffer[24];
  for (const auto& x : units) {
    auto count = time.count() / x.nanoseconds + (time.count() % x.nanoseconds != 0);
    // Nothing is longer than so many hours.
    if (count > most_count)
      continue;
    auto* end = std::to_chars(buffer, buffer + sizeof(buffer), count).ptr;
    *end++ = x.name;
    return {buffer, end};
  }
  return "99999999H";
}

std::string encode_percent(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (auto c : text) {
    if (is_plain(c)) {
      result += c;
      continue;
    }
    result += '%';
    result += digits[static_cast<uint8_t>(c) >> 4];
    result += digits[static_cast<uint8_t>(c) & 15];
  }
  return result;
}

std::string decode_percent(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      auto high = hex_value(text[i + 1]);
      auto low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        result += static_cast<char>(high << 4 | low);
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

void append_binary(std::string& out, std::string_view bytes) {
  json::append_base64(out, bytes);
  out.resize(out.size() - (3 - bytes.size() % 3) % 3);
}

std::optional<std::string> parse_binary(std::string_view text) {
  return json::parse_base64(text);
}

} // namespace mica::grpc
