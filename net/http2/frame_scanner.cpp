#include "http2/frame_scanner.hpp"

#include <algorithm>
#include <cstring>

namespace mica::net::http2 {

namespace {

uint32_t word_at(const unsigned char* from) noexcept {
  return (uint32_t{from[0]} << 24 | uint32_t{from[1]} << 16 | uint32_t{from[2]} << 8
          | uint32_t{from[3]})
         & 0x7fffffff;
}

uint32_t length_of(const unsigned char* head) noexcept {
  return uint32_t{head[0]} << 16 | uint32_t{head[1]} << 8 | uint32_t{head[2]};
}

bool has_word(const unsigned char* head) noexcept {
  auto type = static_cast<frame_type>(head[3]);
  return (type == frame_type::priority || type == frame_type::window_update)
         && length_of(head) >= 4;
}

void parse(const unsigned char* from, frame_head& to) noexcept {
  to.length = length_of(from);
  to.type = static_cast<frame_type>(from[3]);
  to.flags = from[4];
  to.stream = static_cast<int32_t>(word_at(from + 5));
  to.word = has_word(from) ? word_at(from + 9) : 0;
}

} // namespace

size_t frame_scanner::wanted() const noexcept {
  if (have_ < head_bytes)
    return head_bytes;
  return has_word(kept_) ? head_bytes + word_bytes : head_bytes;
}

frame_scanner::step frame_scanner::next(std::string_view& in, std::string_view& part,
                                        frame_head& head) {
  if (left_ > 0) {
    part = in.substr(0, left_);
    left_ -= part.size();
    in.remove_prefix(part.size());
    return step::more;
  }
  auto* bytes = reinterpret_cast<const unsigned char*>(in.data());
  if (have_ == 0 && in.size() >= head_bytes + word_bytes) {
    // The usual case: nothing is kept.
    parse(bytes, head);
    part = in.substr(0, head_bytes + head.length);
    left_ = head_bytes + head.length - part.size();
    in.remove_prefix(part.size());
    return step::frame;
  }
  size_t taken = 0;
  while (have_ < wanted() && taken < in.size())
    kept_[have_++] = bytes[taken++];
  if (have_ < wanted()) {
    part = in;
    in = {};
    return step::more;
  }
  parse(kept_, head);
  auto payload = head.length - (have_ - head_bytes);
  have_ = 0;
  part = in.substr(0, taken + payload);
  left_ = taken + payload - part.size();
  in.remove_prefix(part.size());
  return step::frame;
}

} // namespace mica::net::http2
