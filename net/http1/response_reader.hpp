// Responses out of a byte stream.

#pragma once

#include "http1/body_reader.hpp"
#include "http1/field_reader.hpp"

#include "mica/codecs/http.hpp"

namespace mica::net::http1 {

/// Reads the final response to one request after another; interim ones (1xx) are
/// skipped. Refers to the limits it was made with.
class response_reader {
public:
  explicit response_reader(const http_limits& limits);

  /// Prepares for the response to a request. @param to_head it is one to HEAD.
  void begin(bool to_head);

  /// Takes bytes from the front of `in`, not beyond the end of the response.
  progress read(std::string_view& in);

  /// The peer closed. @returns true if that completes the response.
  bool finish() const noexcept {
    return stage_ == stage::body && unsized_;
  }

  http_response& response() noexcept {
    return response_;
  }

  const fault& why() const noexcept {
    return why_;
  }

  /// Something of a response was received.
  bool started() const noexcept {
    return started_;
  }

  bool in_body() const noexcept {
    return stage_ == stage::body;
  }

  /// The server lets the connection live on behind this response.
  bool persistent() const noexcept {
    return !unsized_ && frame_.persistent(minor_version_);
  }

private:
  enum class stage : uint8_t { start_line, header, body };

  progress read_start_line(std::string_view& in);
  progress read_header(std::string_view& in);
  bool begin_body();

  const http_limits* limits_;
  line_reader lines_;
  field_reader fields_;
  body_reader body_;
  framing frame_;
  http_response response_;
  fault why_;
  int minor_version_ = 1;
  stage stage_ = stage::start_line;
  bool started_ = false;
  bool to_head_ = false;
  bool unsized_ = false;
};

} // namespace mica::net::http1
