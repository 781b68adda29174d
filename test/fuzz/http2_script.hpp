// What the fuzzers of both HTTP/2 sessions share.

#pragma once

#include "http2/server_session.hpp"

#include "invariant.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace mica::fuzz {

/// Choices that one octet of the input determines.
class script {
public:
  explicit script(uint8_t seed) : state_(seed * 2654435761u + 1) {
    // nop
  }

  /// 0..n-1
  uint32_t below(uint32_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % n;
  }

private:
  uint32_t state_;
};

/// What was told of a stream, and in which order that is allowed.
struct stream_log {
  std::string text;
  bool head = false;
  bool whole = false;
  bool ended = false;
  bool reset = false;
  /// We ended it by a command.
  bool closed = false;

  void require_open() const {
    require(!whole && !ended && !reset && !closed,
            "nothing follows the end of a stream");
  }
};

inline net::http_limits small_limits() {
  net::http_limits result;
  result.start_line_bytes = 64;
  result.header_bytes = 1024;
  result.header_fields = 16;
  result.body_bytes = 256;
  return result;
}

inline net::http2_limits small_limits2() {
  net::http2_limits result;
  result.stream_window_bytes = 512;
  result.connection_window_bytes = 65'535;
  result.collected_bytes = 1024;
  result.stream_output_bytes = 128;
  result.control_frames = 100;
  result.resets = 20;
  return result;
}

inline void require_bounded(const metadata& fields) {
  require(fields.size() <= 16, "header_fields holds");
  size_t bytes = 0;
  for (auto field : fields) {
    require(!field.name.empty() && field.name.front() != ':',
            "pseudo-fields stay behind");
    bytes += field.name.size() + field.value.size();
  }
  // Joining cookies adds a little.
  require(bytes <= 1024 + 2 * 16, "header_bytes holds");
}

/// Takes what is written, at most `most` bytes a time; checks that it is frames.
template <class Session>
class writer {
public:
  /// @param preface octets in front of the first frame
  explicit writer(size_t preface) : skip_(preface) {
    // nop
  }

  void take(Session& session, size_t most, int rounds) {
    std::string_view parts[3];
    for (; rounds != 0; --rounds) {
      auto count = session.output(parts);
      if (count == 0)
        return;
      size_t left = most;
      for (size_t i = 0; i < count; ++i) {
        require(!parts[i].empty(), "no piece is empty");
        auto part = parts[i].substr(0, left);
        left -= part.size();
        read(part);
      }
      session.sent(most - left);
    }
  }

  void require_whole() const {
    require(skip_ == 0 && head_.empty(), "whole frames are written");
  }

private:
  void read(std::string_view bytes) {
    while (!bytes.empty()) {
      if (skip_ > 0) {
        auto n = std::min(skip_, bytes.size());
        skip_ -= n;
        bytes.remove_prefix(n);
        continue;
      }
      head_ += bytes.front();
      bytes.remove_prefix(1);
      if (head_.size() == 9) {
        auto octet = [this](int i) { return static_cast<unsigned char>(head_[i]); };
        skip_ = octet(0) << 16 | octet(1) << 8 | octet(2);
        require(skip_ <= 16'384, "frames have the size that the peer allows");
        require(octet(3) <= 9, "frames are of known types");
        head_.clear();
      }
    }
  }

  size_t skip_;
  std::string head_;
};

} // namespace mica::fuzz
