#include "mica/discovery/records.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>

namespace mica::discovery {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool unhex(std::string_view hex, std::string& out, std::string& why) {
  if (hex.size() % 2 != 0) {
    why = "broken hex: " + std::to_string(hex.size()) + " digits, an odd number";
    return false;
  }
  out.resize(hex.size() / 2);
  for (size_t pos = 0; pos < hex.size(); ++pos) {
    auto digit = digit_of(hex[pos]);
    if (digit < 0) {
      why = "broken hex: no digit at position " + std::to_string(pos);
      return false;
    }
    auto& byte = out[pos / 2];
    byte = static_cast<char>(pos % 2 == 0 ? digit << 4
                                          : static_cast<uint8_t>(byte) | digit);
  }
  return true;
}

// zlib's input pointer lacks the const that zlib.h promises in prose.
Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

struct inflater {
  inflater() : ready(inflateInit(&stream) == Z_OK) {
    // nop
  }
  ~inflater() {
    if (ready)
      inflateEnd(&stream);
  }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;

  z_stream stream{};
  bool ready;
};

} // namespace

std::string to_hex_zlib(std::string_view text) {
  auto size = compressBound(static_cast<uLong>(text.size()));
  std::string packed(size, '\0');
  // Can only fail for want of memory or room, and compressBound made the room.
  compress2(bytes_of(packed), &size, bytes_of(text), static_cast<uLong>(text.size()),
            Z_DEFAULT_COMPRESSION);
  std::string hex(size * 2, '\0');
  for (size_t pos = 0; pos < size; ++pos) {
    auto byte = static_cast<uint8_t>(packed[pos]);
    hex[pos * 2] = hex_digits[byte >> 4];
    hex[pos * 2 + 1] = hex_digits[byte & 15];
  }
  return hex;
}

std::optional<std::string> from_hex_zlib(std::string_view hex, size_t limit,
                                         std::string& why) {
  std::string packed;
  if (hex.size() / 2 > UINT_MAX) {
    why = "longer than 4 GiB";
    return std::nullopt;
  }
  if (!unhex(hex, packed, why))
    return std::nullopt;
  inflater unpacker;
  if (!unpacker.ready) {
    why = "no memory for zlib";
    return std::nullopt;
  }
  auto& stream = unpacker.stream;
  stream.next_in = bytes_of(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::array<char, 4096> chunk;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    auto state = inflate(&stream, Z_NO_FLUSH);
    auto made = chunk.size() - stream.avail_out;
    if (made > limit - text.size()) {
      why = "inflates to more than " + std::to_string(limit) + " bytes";
      return std::nullopt;
    }
    text.append(chunk.data(), made);
    if (state == Z_STREAM_END)
      break;
    // Without progress zlib says Z_BUF_ERROR: the stream is cut short.
    if (state != Z_OK) {
      why = state == Z_BUF_ERROR
                ? "broken zlib: cut short"
                : "broken zlib at byte "
                      + std::to_string(packed.size() - stream.avail_in);
      return std::nullopt;
    }
  }
  if (stream.avail_in != 0) {
    why = "broken zlib: " + std::to_string(stream.avail_in) + " bytes follow its end";
    return std::nullopt;
  }
  return text;
}

} // namespace mica::discovery
