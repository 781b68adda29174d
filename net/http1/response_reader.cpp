#include "http1/response_reader.hpp"

#include "http1/start_line.hpp"

#include <algorithm>

namespace mica::net::http1 {

namespace {

constexpr size_t usual_fields = 16;
constexpr size_t usual_header_bytes = 1024;

} // namespace

response_reader::response_reader(const http_limits& limits)
  : limits_(&limits),
    fields_(limits),
    body_(limits),
    frame_(framing::side::response) {
  // nop
}

void response_reader::begin(bool to_head) {
  fields_.reset();
  frame_ = framing{framing::side::response};
  response_ = {};
  stage_ = stage::start_line;
  started_ = false;
  unsized_ = false;
  to_head_ = to_head;
}

progress response_reader::read(std::string_view& in) {
  started_ = started_ || !in.empty();
  for (;;) {
    if (stage_ == stage::start_line)
      if (auto step = read_start_line(in); step != progress::done)
        return step;
    if (stage_ == stage::header)
      if (auto step = read_header(in); step != progress::done)
        return step;
    // An interim response leads back to a start line.
    if (stage_ == stage::body)
      return body_.read(lines_, fields_, in, response_.body, why_);
  }
}

progress response_reader::read_start_line(std::string_view& in) {
  std::string_view line;
  switch (lines_.next(in, limits_->start_line_bytes, line)) {
    case line_reader::result::partial:
      return progress::more;
    case line_reader::result::too_long:
      refuse_beyond(why_, 414, "bytes of the status line", limits_->start_line_bytes,
                    "start_line_bytes");
      return progress::failed;
    case line_reader::result::bare_lf:
      refuse(why_, 400, "the status line ends in LF alone");
      return progress::failed;
    case line_reader::result::line:
      break;
  }
  status_line start;
  if (!parse_status_line(line, start, why_))
    return progress::failed;
  if (start.status == 101) {
    refuse(why_, 400, "status 101 switches to a protocol that nobody asked for");
    return progress::failed;
  }
  // A peer could send interim responses for ever: they share one header's limit.
  if (start.status < 200 && !fields_.charge(line.size(), why_))
    return progress::failed;
  response_.status = start.status;
  minor_version_ = start.minor_version;
  stage_ = stage::header;
  response_.fields.reserve(usual_fields, std::min(in.size(), usual_header_bytes));
  return progress::done;
}

progress response_reader::read_header(std::string_view& in) {
  auto step = fields_.read_header(lines_, in, response_.fields, frame_, why_);
  if (step != progress::done)
    return step;
  if (response_.status < 200) {
    response_ = {};
    frame_ = framing{framing::side::response};
    stage_ = stage::start_line;
    return progress::done;
  }
  stage_ = stage::body;
  return frame_.finish(minor_version_, why_) && begin_body() ? progress::done
                                                             : progress::failed;
}

bool response_reader::begin_body() {
  // RFC 9112, 6.3: the order of these cases is the standard's.
  if (to_head_ || response_.status == 204 || response_.status == 304)
    return body_.begin_sized(0, why_);
  if (frame_.chunked()) {
    body_.begin_chunked();
    return true;
  }
  if (frame_.has_length())
    return body_.begin_sized(frame_.length(), why_);
  unsized_ = true;
  body_.begin_unsized();
  return true;
}

} // namespace mica::net::http1
