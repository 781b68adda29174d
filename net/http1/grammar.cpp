#include "http1/grammar.hpp"

namespace mica::net::http1 {

std::string quoted(std::string_view text) {
  constexpr size_t shown = 40;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (char c : text.substr(0, shown)) {
    auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet > 0x7e) {
      result += "\\x";
      result += digits[octet >> 4];
      result += digits[octet & 15];
    } else {
      result += c;
    }
  }
  result += text.size() > shown ? "...\"" : "\"";
  return result;
}

} // namespace mica::net::http1
