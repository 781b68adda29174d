// JSON's numbers as C++ numbers.

#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>

namespace mica::json {

/// What became of a number's text.
enum class number_result { ok, no_number, not_integral, out_of_range };

/// Tells whether the power of ten of a number too large or too small for its type is
/// positive. Errors in exponents of more than nine digits do not matter: nothing
/// that long is near one.
inline bool is_huge(std::string_view text) noexcept {
  auto exponent = text.find_first_of("eE");
  auto mantissa = text.substr(0, exponent);
  int64_t power = 0;
  if (exponent != text.npos) {
    auto digits = text.substr(exponent + 1);
    auto negative = digits.starts_with('-');
    if (negative || digits.starts_with('+'))
      digits.remove_prefix(1);
    for (auto c : digits)
      power = power < 1'000'000'000 ? 10 * power + (c - '0') : power;
    power = negative ? -power : power;
  }
  auto point = mantissa.find('.');
  auto whole = mantissa.substr(0, point);
  if (auto first = whole.find_first_of("123456789"); first != whole.npos)
    return power + static_cast<int64_t>(whole.size() - first) > 0;
  auto fraction =
      point == mantissa.npos ? std::string_view{} : mantissa.substr(point + 1);
  auto first = fraction.find_first_of("123456789");
  return first != fraction.npos && power - static_cast<int64_t>(first) > 0;
}

/// Reads all of `text`. Numbers too small become zero, as in Go.
template <std::floating_point Real>
number_result parse_number(std::string_view text, Real& out) noexcept {
  auto end = text.data() + text.size();
  auto [used, problem] = std::from_chars(text.data(), end, out);
  if (problem == std::errc::invalid_argument || used != end)
    return number_result::no_number;
  if (problem == std::errc::result_out_of_range) {
    if (is_huge(text))
      return number_result::out_of_range;
    out = 0;
  }
  // from_chars also reads "inf" and "nan", which JSON does not know.
  return std::isfinite(out) ? number_result::ok : number_result::no_number;
}

/// Reads all of `text`; `1e3` and `2.0` are integers, as protobuf's mapping has it.
template <std::integral Integer>
number_result parse_number(std::string_view text, Integer& out) noexcept {
  auto end = text.data() + text.size();
  auto [used, problem] = std::from_chars(text.data(), end, out);
  if (used == end && problem == std::errc{})
    return number_result::ok;
  if (used == end && problem == std::errc::result_out_of_range)
    return number_result::out_of_range;
  double real = 0;
  if (auto result = parse_number(text, real); result != number_result::ok)
    return result;
  if (real != std::trunc(real))
    return number_result::not_integral;
  // Above 2^53 a double no longer tells which integer was meant.
  constexpr double exact = 9007199254740992.0;
  if (std::abs(real) > exact || (!std::numeric_limits<Integer>::is_signed && real < 0)
      || (sizeof(Integer) < 8
          && (real < static_cast<double>(std::numeric_limits<Integer>::min())
              || real > static_cast<double>(std::numeric_limits<Integer>::max()))))
    return number_result::out_of_range;
  out = static_cast<Integer>(real);
  return number_result::ok;
}

} // namespace mica::json
