#include "proto/wire.hpp"

namespace mica::proto {

std::optional<uint64_t> wire_cursor::varint() noexcept {
  uint64_t result = 0;
  for (size_t i = 0; i < 10 && i < left(); ++i) {
    auto byte = static_cast<uint8_t>(text_[position_ + i]);
    result |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      position_ += i + 1;
      return result;
    }
  }
  return std::nullopt;
}

std::optional<tag> wire_cursor::field() noexcept {
  auto begin = position_;
  if (auto raw = varint()) {
    auto number = *raw >> 3;
    auto type = *raw & 7;
    if (number >= 1 && number < (1u << 29) && type <= 5)
      return tag{static_cast<uint32_t>(number), static_cast<wire_type>(type)};
  }
  position_ = begin;
  return std::nullopt;
}

std::optional<uint64_t> wire_cursor::fixed64() noexcept {
  auto raw = bytes(8);
  if (!raw)
    return std::nullopt;
  uint64_t result = 0;
  for (size_t i = 8; i-- > 0;)
    result = result << 8 | static_cast<uint8_t>((*raw)[i]);
  return result;
}

std::optional<std::string_view> wire_cursor::bytes(uint64_t size) noexcept {
  if (size > left())
    return std::nullopt;
  auto result = text_.substr(position_, static_cast<size_t>(size));
  position_ += result.size();
  return result;
}

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

} // namespace mica::proto
