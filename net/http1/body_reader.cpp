#include "http1/body_reader.hpp"

#include "http1/grammar.hpp"

#include <algorithm>
#include <limits>

namespace mica::net::http1 {

namespace {

// Octets of a chunk-size line, extensions included. Real ones have up to 8.
constexpr size_t chunk_line_bytes = 256;

// A peer that announces much and sends nothing gets this much memory.
constexpr size_t first_reservation = 64 * 1024;

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Returns how many hex digits begin `line`; `size` saturates.
size_t parse_chunk_size(std::string_view line, uint64_t& size) {
  size = 0;
  size_t n = 0;
  for (int digit; n < line.size() && (digit = hex_digit(line[n])) >= 0; ++n)
    size = size >> 60 ? std::numeric_limits<uint64_t>::max()
                      : size << 4 | static_cast<uint64_t>(digit);
  return n;
}

} // namespace

bool body_reader::too_large(fault& why) const {
  return refuse_beyond(why, 413, "bytes of the body", limits_->body_bytes,
                       "body_bytes");
}

bool body_reader::begin_sized(uint64_t length, fault& why) {
  if (length > limits_->body_bytes)
    return too_large(why);
  left_ = length;
  step_ = step::sized;
  return true;
}

void body_reader::begin_chunked() {
  step_ = step::chunk_size;
}

void body_reader::begin_unsized() {
  step_ = step::unsized;
}

bool body_reader::take(std::string_view& in, std::string& body) {
  auto size = static_cast<size_t>(std::min<uint64_t>(left_, in.size()));
  auto wanted = body.size() + static_cast<size_t>(left_);
  if (wanted > body.capacity())
    body.reserve(body.size() < first_reservation
                     ? std::max(body.size() + size, std::min(wanted, first_reservation))
                     : wanted);
  body.append(in.substr(0, size));
  in.remove_prefix(size);
  left_ -= size;
  return left_ == 0;
}

progress body_reader::read(line_reader& lines, field_reader& fields,
                           std::string_view& in, std::string& body, fault& why) {
  for (;;) {
    auto result = progress::done;
    switch (step_) {
      case step::sized:
        return take(in, body) ? progress::done : progress::more;
      case step::unsized:
        if (in.size() > limits_->body_bytes - body.size()) {
          too_large(why);
          return progress::failed;
        }
        body.append(in);
        in = {};
        return progress::more;
      case step::chunk_size:
        result = read_size(lines, fields, in, body.size(), why);
        break;
      case step::chunk_data:
        if (!take(in, body))
          return progress::more;
        step_ = step::chunk_end;
        break;
      case step::chunk_end:
        result = read_chunk_end(lines, in, why);
        break;
      case step::trailer:
        return fields.read_trailer(lines, in, why);
    }
    if (result != progress::done)
      return result;
  }
}

progress body_reader::read_size(line_reader& lines, field_reader& fields,
                                std::string_view& in, size_t so_far, fault& why) {
  std::string_view line;
  auto got = lines.next(in, chunk_line_bytes, line);
  if (got == line_reader::result::partial)
    return progress::more;
  if (got == line_reader::result::too_long) {
    refuse(why, 400,
           "a chunk-size line exceeds " + std::to_string(chunk_line_bytes)
               + " bytes: leave chunk extensions out");
    return progress::failed;
  }
  auto digits = parse_chunk_size(line, left_);
  auto extensions = trimmed(line.substr(digits));
  // White space is tolerated by RFC 9112, 7.1.1 in front of `;` alone.
  bool well_formed =
      got == line_reader::result::line && digits > 0
      && (extensions.empty() ? line.size() == digits : extensions.front() == ';')
      && all(value_chars, extensions);
  if (!well_formed) {
    refuse(why, 400,
           "chunk-size line " + quoted(line)
               + " is malformed: send hexadecimal digits and CR LF");
    return progress::failed;
  }
  // Extensions mean nothing to us and must not be a way around the limits.
  if (!fields.charge(line.size() - digits, why))
    return progress::failed;
  if (left_ > limits_->body_bytes - so_far) {
    too_large(why);
    return progress::failed;
  }
  step_ = left_ == 0 ? step::trailer : step::chunk_data;
  return progress::done;
}

progress body_reader::read_chunk_end(line_reader& lines, std::string_view& in,
                                     fault& why) {
  std::string_view line;
  switch (lines.next(in, 0, line)) {
    case line_reader::result::line:
      step_ = step::chunk_size;
      return progress::done;
    case line_reader::result::partial:
      return progress::more;
    case line_reader::result::too_long:
    case line_reader::result::bare_lf:
      break;
  }
  refuse(why, 400, "a chunk is not followed by CR LF: its size does not fit its data");
  return progress::failed;
}

} // namespace mica::net::http1
