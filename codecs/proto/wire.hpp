// The lowest layer of protobuf's encoding, without messages.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mica::proto {

/// Source: Protocol Buffers encoding, "message structure". Groups (3 and 4) are
/// known but not read here.
enum class wire_type : uint8_t {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  group = 3,
  end_group = 4,
  fixed32 = 5,
};

struct tag {
  uint32_t number;
  wire_type type;
};

/// Reads front to back. A read that fails leaves the position where it was.
class wire_cursor {
public:
  explicit wire_cursor(std::string_view text) noexcept : text_(text) {
    // nop
  }

  bool done() const noexcept {
    return position_ == text_.size();
  }

  size_t position() const noexcept {
    return position_;
  }

  size_t left() const noexcept {
    return text_.size() - position_;
  }

  /// Fails on more than ten bytes and on the end of the text.
  std::optional<uint64_t> varint() noexcept;

  /// Fails on field number 0, on one above 2^29 - 1, on wire types 6 and 7.
  std::optional<tag> field() noexcept;

  /// Little endian.
  std::optional<uint64_t> fixed64() noexcept;

  /// Fails if fewer than `size` bytes are left.
  std::optional<std::string_view> bytes(uint64_t size) noexcept;

private:
  std::string_view text_;
  size_t position_ = 0;
};

void append_varint(std::string& out, uint64_t value);

} // namespace mica::proto
