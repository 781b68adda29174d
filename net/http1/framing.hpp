// The fields that frame a message or steer its connection.

#pragma once

#include "http1/fault.hpp"

#include <cstdint>
#include <string_view>

namespace mica::net::http1 {

enum class field_kind : uint8_t {
  /// Belongs to the message: passed on.
  ordinary,
  /// Passed on, and checked.
  host,
  content_length,
  transfer_encoding,
  connection,
  expect,
  upgrade,
  /// Of one connection only (RFC 9110, 7.6.1) and without meaning here: Keep-Alive,
  /// Proxy-Connection, TE, Trailer.
  hop_by_hop,
};

field_kind kind_of(std::string_view name) noexcept;

/// Whether a field of this kind is passed on to those who use the message.
constexpr bool belongs_to_message(field_kind kind) noexcept {
  return kind <= field_kind::host;
}

/// Collects what the fields of one message say about its length and connection,
/// and refuses what two recipients could read differently (RFC 9112, 6.3 and 11.2).
class framing {
public:
  enum class side : uint8_t { request, response };

  explicit framing(side of = side::request) : side_(of) {
    // nop
  }

  /// Takes a field that is not `ordinary`. @returns false with `why` set if it makes
  /// the message unacceptable.
  bool add(field_kind kind, std::string_view value, fault& why);

  /// Checks what only the whole header shows.
  bool finish(int minor_version, fault& why) const;

  bool chunked() const noexcept {
    return chunked_;
  }

  bool has_length() const noexcept {
    return has_length_;
  }

  /// Content-Length; what does not fit 64 bits is their maximum.
  uint64_t length() const noexcept {
    return length_;
  }

  bool expects_continue() const noexcept {
    return expects_continue_;
  }

  /// RFC 7540, 3.2: the sender would go on in HTTP/2. Whether it says so rightly, with
  /// one HTTP2-Settings, is left to the caller.
  bool offers_h2c() const noexcept {
    return upgrade_ && settings_ && h2c_;
  }

  /// RFC 9112, 9.3: whether the sender lets the connection live on.
  bool persistent(int minor_version) const noexcept {
    return !close_ && (minor_version >= 1 || keep_alive_);
  }

private:
  bool add_length(std::string_view value, fault& why);
  bool add_codings(std::string_view list, fault& why);
  bool add_host(std::string_view value, fault& why);
  void add_options(std::string_view list);
  void add_protocols(std::string_view list);
  bool add_expectations(std::string_view list, fault& why);

  uint64_t length_ = 0;
  side side_;
  bool has_length_ = false;
  bool chunked_ = false;
  bool has_host_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  /// Connection names Upgrade, and HTTP2-Settings; Upgrade names h2c.
  bool upgrade_ = false;
  bool settings_ = false;
  bool h2c_ = false;
};

} // namespace mica::net::http1
