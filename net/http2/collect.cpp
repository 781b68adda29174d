// Whole bodies: how they grow.

#include "http2/session_core.hpp"

#include <algorithm>
#include <charconv>

namespace mica::net::http2 {

namespace {

// What the announcement of a length alone makes us allocate, and how many times what
// has come of it: who wants our memory must send a sixteenth of it.
constexpr size_t trusted_bytes = 64 * 1024;
constexpr size_t trusted_times = 16;

// PROTOCOL-HTTP2.md of gRPC: a flag, and the length in network order.
constexpr size_t prefix_bytes = 5;

/// What the prefix of a gRPC message says that the body will have; 0 if it is cut.
size_t announced_by_prefix(std::string_view body, std::string_view more) noexcept {
  if (body.size() + more.size() < prefix_bytes)
    return 0;
  size_t length = 0;
  for (size_t i = 1; i < prefix_bytes; ++i) {
    auto octet = i < body.size() ? body[i] : more[i - body.size()];
    length = length << 8 | static_cast<uint8_t>(octet);
  }
  return prefix_bytes + length;
}

} // namespace

size_t length_of(std::string_view value) noexcept {
  size_t result = 0;
  std::from_chars(value.data(), value.data() + value.size(), result);
  return result;
}

void session_core::make_room(stream& x, std::string& body, std::string_view more,
                             bool grpc) {
  auto come = body.size() + more.size();
  auto whole =
      std::min(grpc ? announced_by_prefix(body, more) : x.announced, limits.body_bytes);
  auto room = std::min(whole, std::max(trusted_bytes, trusted_times * come));
  // Else as the string grows by itself.
  if (room >= come)
    body.reserve(room);
  if (whole <= limits2.stream_window_bytes || x.ended_by_peer || x.window_open)
    return;
  x.window_open = true;
  auto window = std::min(
      {whole, limits2.connection_window_bytes, static_cast<size_t>(INT32_MAX)});
  nghttp2_session_set_local_window_size(library.get(), NGHTTP2_FLAG_NONE, x.id,
                                        static_cast<int32_t>(window));
}

} // namespace mica::net::http2
