// Requests out of a byte stream.

#pragma once

#include "http1/body_reader.hpp"
#include "http1/field_reader.hpp"

#include "mica/codecs/http.hpp"

namespace mica::net::http1 {

/// Reads one request after another. Refers to the limits it was made with.
class request_reader {
public:
  enum class stage : uint8_t { start_line, header, body };

  explicit request_reader(const http_limits& limits);

  /// Takes bytes from the front of `in`, not beyond the end of the request.
  ///
  /// `progress::done`: `request()` is complete; `reset` before the next call.
  /// `progress::failed`: `why()` says what to answer; nothing more can be read.
  progress read(std::string_view& in);

  void reset();

  /// Not a byte of the next request has been read; an empty line in front of it
  /// does not count.
  bool untouched() const noexcept {
    return stage_ == stage::start_line && !lines_.within_line();
  }

  stage at() const noexcept {
    return stage_;
  }

  http_request& request() noexcept {
    return request_;
  }

  const fault& why() const noexcept {
    return why_;
  }

  /// The request line was read: `request().method` may be relied on.
  bool method_known() const noexcept {
    return stage_ != stage::start_line;
  }

  /// The client wants another request on this connection to be possible.
  bool persistent() const noexcept {
    return frame_.persistent(request_.minor_version);
  }

  /// The client would go on in HTTP/2 (RFC 7540, 3.2). @pre the request is complete
  bool offers_h2c() const;

  /// The client holds its body back until it sees 100 (RFC 9110, 10.1.1).
  bool awaits_continue() const noexcept {
    return awaits_continue_;
  }

  void continue_sent() noexcept {
    awaits_continue_ = false;
  }

private:
  progress read_start_line(std::string_view& in);
  progress read_header(std::string_view& in);
  bool begin_body();

  const http_limits* limits_;
  line_reader lines_;
  field_reader fields_;
  body_reader body_;
  framing frame_;
  http_request request_;
  std::string authority_;
  fault why_;
  stage stage_ = stage::start_line;
  bool skipped_line_ = false;
  bool awaits_continue_ = false;
};

} // namespace mica::net::http1
