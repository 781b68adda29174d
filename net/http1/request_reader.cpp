#include "http1/request_reader.hpp"

#include "http1/start_line.hpp"

#include <algorithm>

namespace mica::net::http1 {

namespace {

// Room for the fields of a call, so that reading them allocates twice; what a
// header really needs is not known before its end.
constexpr size_t usual_fields = 16;
constexpr size_t usual_header_bytes = 1024;

} // namespace

request_reader::request_reader(const http_limits& limits)
  : limits_(&limits),
    fields_(limits),
    body_(limits) {
  // nop
}

void request_reader::reset() {
  fields_.reset();
  frame_ = framing{};
  request_ = {};
  stage_ = stage::start_line;
  skipped_line_ = false;
  awaits_continue_ = false;
}

bool request_reader::offers_h2c() const {
  if (!frame_.offers_h2c() || request_.minor_version < 1)
    return false;
  size_t count = 0;
  for (auto field : request_.fields)
    count += equal_names(field.name, "HTTP2-Settings") ? 1 : 0;
  return count == 1;
}

progress request_reader::read(std::string_view& in) {
  if (stage_ == stage::start_line)
    if (auto step = read_start_line(in); step != progress::done)
      return step;
  if (stage_ == stage::header)
    if (auto step = read_header(in); step != progress::done)
      return step;
  if (awaits_continue_ && !in.empty())
    awaits_continue_ = false;
  return body_.read(lines_, fields_, in, request_.body, why_);
}

progress request_reader::read_start_line(std::string_view& in) {
  std::string_view line;
  for (;;) {
    switch (lines_.next(in, limits_->start_line_bytes, line)) {
      case line_reader::result::partial:
        return progress::more;
      case line_reader::result::too_long:
        refuse_beyond(why_, 414, "bytes of the request line", limits_->start_line_bytes,
                      "start_line_bytes");
        return progress::failed;
      case line_reader::result::bare_lf:
        refuse(why_, 400, "the request line ends in LF alone: send CR LF");
        return progress::failed;
      case line_reader::result::line:
        break;
    }
    // RFC 9112, 2.2: some old clients end a body with a line end too many.
    if (!line.empty() || skipped_line_)
      break;
    skipped_line_ = true;
  }
  if (!parse_request_line(line, request_, authority_, why_))
    return progress::failed;
  stage_ = stage::header;
  request_.fields.reserve(usual_fields, std::min(in.size(), usual_header_bytes));
  return progress::done;
}

progress request_reader::read_header(std::string_view& in) {
  auto step = fields_.read_header(lines_, in, request_.fields, frame_, why_);
  if (step != progress::done)
    return step;
  if (!frame_.finish(request_.minor_version, why_) || !begin_body())
    return progress::failed;
  if (!authority_.empty())
    request_.fields.set("Host", authority_);
  stage_ = stage::body;
  return progress::done;
}

bool request_reader::begin_body() {
  if (frame_.chunked())
    body_.begin_chunked();
  else if (!body_.begin_sized(frame_.length(), why_))
    return false;
  // RFC 9110, 10.1.1: a client of HTTP/1.0 does not know the answer 100.
  awaits_continue_ = frame_.expects_continue() && request_.minor_version >= 1
                     && (frame_.chunked() || frame_.length() > 0);
  return true;
}

} // namespace mica::net::http1
