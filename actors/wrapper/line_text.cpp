#include "wrapper/line_text.hpp"

#include <algorithm>

namespace mica::detail {

std::string line_text(std::string_view text, size_t bytes) {
  auto size = std::min(bytes, text.size());
  // Not within a character: 10xxxxxx continues one.
  while (size > 0 && size < text.size()
         && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  std::string result{text.substr(0, size)};
  for (auto& x : result)
    if (static_cast<unsigned char>(x) < 0x20 || x == 0x7f)
      x = ' ';
  if (size < text.size())
    result += "...";
  return result;
}

} // namespace mica::detail
