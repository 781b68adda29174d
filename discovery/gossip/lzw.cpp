#include "gossip/lzw.hpp"

#include <array>
#include <cstdint>
#include <unordered_map>

namespace mica::discovery::gossip {

namespace {

constexpr uint16_t clear_code = 256;
constexpr uint16_t end_code = 257;
constexpr int min_width = 9;
constexpr int max_width = 12;
constexpr uint16_t no_code = 0xffff;
/// The writer clears the table before it makes this entry.
constexpr uint16_t last_entry = (1 << max_width) - 1;

mica::error broken(const char* what) {
  return {errc::protocol_error, std::string{"gossip: compressed data "} + what};
}

/// Codes off a string of bits, lowest first.
class bit_reader {
public:
  explicit bit_reader(std::string_view bytes) : bytes_(bytes) {
    // nop
  }

  bool take(int width, uint16_t& to) {
    while (count_ < width) {
      if (at_ == bytes_.size())
        return false;
      bits_ |= static_cast<uint32_t>(static_cast<uint8_t>(bytes_[at_++])) << count_;
      count_ += 8;
    }
    to = static_cast<uint16_t>(bits_ & ((1U << width) - 1));
    bits_ >>= width;
    count_ -= width;
    return true;
  }

private:
  std::string_view bytes_;
  size_t at_ = 0;
  uint32_t bits_ = 0;
  int count_ = 0;
};

class bit_writer {
public:
  void put(uint16_t code, int width) {
    bits_ |= static_cast<uint32_t>(code) << count_;
    for (count_ += width; count_ >= 8; count_ -= 8) {
      bytes += static_cast<char>(bits_);
      bits_ >>= 8;
    }
  }

  void flush() {
    if (count_ > 0)
      bytes += static_cast<char>(bits_);
    count_ = 0;
  }

  std::string bytes;

private:
  uint32_t bits_ = 0;
  int count_ = 0;
};

} // namespace

expected<std::string> inflate_lzw(std::string_view packed, size_t limit) {
  std::array<uint8_t, 1 << max_width> suffix{};
  std::array<uint16_t, 1 << max_width> prefix{};
  // The next entry to be made is `high`, as soon as the first byte of the code is known
  // that follows `last`.
  uint16_t high = end_code;
  uint16_t last = no_code;
  auto width = min_width;
  bit_reader in{packed};
  std::string result;
  std::string piece;
  for (;;) {
    uint16_t code = 0;
    if (!in.take(width, code))
      return broken("has no end");
    if (code == end_code)
      return result;
    if (code == clear_code) {
      width = min_width;
      high = end_code;
      last = no_code;
      continue;
    }
    if (code > high)
      return broken("names an entry that does not exist yet");
    // Backwards: the entries are chains that end in a byte.
    piece.clear();
    auto at = code;
    auto repeats = code == high && last != no_code;
    if (repeats)
      at = last;
    for (; at >= clear_code; at = prefix[at])
      piece += static_cast<char>(suffix[at]);
    piece += static_cast<char>(at);
    if (result.size() + piece.size() + (repeats ? 1 : 0) > limit)
      return mica::error{errc::limit_exceeded, "gossip: compressed data has more than "
                                                   + std::to_string(limit)
                                                   + " bytes when expanded"};
    result.append(piece.rbegin(), piece.rend());
    if (repeats)
      result += piece.back();
    if (last != no_code) {
      suffix[high] = static_cast<uint8_t>(at);
      prefix[high] = last;
    }
    last = code;
    ++high;
    if (high < 1 << width)
      continue;
    if (width < max_width) {
      ++width;
      continue;
    }
    // The table is full; the writer is about to clear it.
    last = no_code;
    --high;
  }
}

std::string deflate_lzw(std::string_view plain) {
  bit_writer out;
  // Entry made of a known code and the byte behind it.
  std::unordered_map<uint32_t, uint16_t> table;
  auto width = min_width;
  uint16_t high = end_code;
  // Counts an entry; false if the table was full and starts again.
  auto count_entry = [&] {
    if (++high == 1 << width)
      ++width;
    if (high < last_entry)
      return true;
    out.put(clear_code, width);
    width = min_width;
    high = end_code;
    table.clear();
    return false;
  };
  out.put(clear_code, width);
  auto code = no_code;
  for (auto x : plain) {
    auto byte = static_cast<uint8_t>(x);
    if (code == no_code) {
      code = byte;
      continue;
    }
    auto key = static_cast<uint32_t>(code) << 8 | byte;
    if (auto found = table.find(key); found != table.end()) {
      code = found->second;
      continue;
    }
    out.put(code, width);
    code = byte;
    if (count_entry())
      table.emplace(key, high);
  }
  if (code != no_code) {
    out.put(code, width);
    count_entry();
  }
  out.put(end_code, width);
  out.flush();
  return out.bytes;
}

} // namespace mica::discovery::gossip
