// Frames written by hand, and read without the code under test.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mica::test::wire {

inline const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum type : uint8_t {
  data,
  headers,
  priority,
  rst_stream,
  settings,
  push_promise,
  ping,
  goaway,
  window_update,
  continuation,
};

inline constexpr uint8_t end_stream = 1;
inline constexpr uint8_t ack = 1;
inline constexpr uint8_t end_headers = 4;

enum code : uint32_t {
  no_error,
  protocol_error,
  internal_error,
  flow_control_error,
  settings_timeout,
  stream_closed,
  frame_size_error,
  refused_stream,
  cancel,
  compression_error,
  connect_error,
  enhance_your_calm,
};

inline std::string number(uint32_t x, int octets = 4) {
  std::string result;
  for (int i = octets - 1; i >= 0; --i)
    result += static_cast<char>(x >> (8 * i));
  return result;
}

inline std::string frame(uint8_t what, uint8_t flags, uint32_t stream,
                         const std::string& payload = {}) {
  return number(static_cast<uint32_t>(payload.size()), 3) + static_cast<char>(what)
         + static_cast<char>(flags) + number(stream) + payload;
}

using fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// HPACK: literals without indexing, new names (RFC 7541, 6.2.2). Texts below 127.
inline std::string block(fields list) {
  std::string result;
  for (const auto& [name, value] : list) {
    result += '\0';
    result += static_cast<char>(name.size());
    result += name;
    result += static_cast<char>(value.size());
    result += value;
  }
  return result;
}

inline std::string head(uint32_t stream, fields list, uint8_t flags = end_stream) {
  return frame(headers, end_headers | flags, stream, block(list));
}

inline std::string request(uint32_t stream, uint8_t flags = end_stream,
                           std::string_view path = "/") {
  return head(
      stream,
      {{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "a"}},
      flags);
}

/// What a client begins with.
inline std::string hello() {
  return preface + frame(settings, 0, 0);
}

struct frame_view {
  uint8_t what;
  uint8_t flags;
  uint32_t stream;
  std::string payload;

  /// The error code of RST_STREAM or GOAWAY.
  uint32_t error() const {
    return value(what == goaway ? 4 : 0);
  }

  uint32_t value(size_t at) const {
    uint32_t x = 0;
    for (size_t i = at; i < at + 4; ++i)
      x = x << 8 | static_cast<unsigned char>(payload.at(i));
    return x;
  }
};

inline std::vector<frame_view> frames(std::string_view bytes) {
  std::vector<frame_view> result;
  auto octet = [&](size_t i) { return static_cast<unsigned char>(bytes.at(i)); };
  while (!bytes.empty()) {
    if (bytes.size() < 9)
      throw std::runtime_error{"half a frame"};
    size_t length = octet(0) << 16 | octet(1) << 8 | octet(2);
    uint32_t stream =
        (octet(5) & 0x7fu) << 24 | octet(6) << 16 | octet(7) << 8 | octet(8);
    if (bytes.size() < 9 + length)
      throw std::runtime_error{"half a payload"};
    result.push_back(
        {octet(3), octet(4), stream, std::string{bytes.substr(9, length)}});
    bytes.remove_prefix(9 + length);
  }
  return result;
}

/// The first frame of a kind, for a stream; `what` 255 if there is none.
inline frame_view first(const std::vector<frame_view>& all, uint8_t what,
                        uint32_t stream = 0) {
  for (const auto& x : all)
    if (x.what == what && x.stream == stream)
      return x;
  return {255, 0, 0, std::string(8, '\xff')};
}

inline size_t count(const std::vector<frame_view>& all, uint8_t what) {
  size_t n = 0;
  for (const auto& x : all)
    n += x.what == what;
  return n;
}

} // namespace mica::test::wire
