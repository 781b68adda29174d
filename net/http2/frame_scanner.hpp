// Where frames begin and end in a stream of bytes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mica::net::http2 {

/// RFC 9113, 6; the ones above belong to extensions.
enum class frame_type : uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};

/// RFC 9113, 6.
namespace frame_flag {
inline constexpr uint8_t end_stream = 0x1;
inline constexpr uint8_t ack = 0x1;
inline constexpr uint8_t end_headers = 0x4;
inline constexpr uint8_t padded = 0x8;
} // namespace frame_flag

/// The nine octets in front of a payload (RFC 9113, 4.1).
struct frame_head {
  uint32_t length = 0;
  frame_type type = frame_type::data;
  uint8_t flags = 0;
  int32_t stream = 0;
  /// The first four octets of the payload of PRIORITY and WINDOW_UPDATE, without their
  /// highest bit: the stream depended on, the increment. Else 0.
  uint32_t word = 0;
};

/// Cuts received bytes at the frames, so that each frame can be judged before nghttp2
/// acts on it: the library tells nothing of the frames that it ignores.
class frame_scanner {
public:
  enum class step : uint8_t {
    /// `part` is of a frame whose head was told, or of one that is not complete.
    more,
    /// `head` is new; `part` begins with the rest of its octets.
    frame,
  };

  /// Takes `part` off the front of `in`: at most to the end of a frame.
  /// @pre `in` is not empty
  step next(std::string_view& in, std::string_view& part, frame_head& head);

  /// A frame has begun and is not complete.
  bool inside() const noexcept {
    return left_ > 0 || have_ > 0;
  }

private:
  static constexpr size_t head_bytes = 9;
  static constexpr size_t word_bytes = 4;

  /// Octets of `kept_` that are needed before the head can be told.
  size_t wanted() const noexcept;

  /// Octets of the payload to come.
  size_t left_ = 0;
  size_t have_ = 0;
  unsigned char kept_[head_bytes + word_bytes];
};

} // namespace mica::net::http2
