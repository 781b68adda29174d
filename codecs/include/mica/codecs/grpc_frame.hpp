// gRPC messages within a body: prefix, length, compression. Pure.

#pragma once

#include "mica/codecs/expected.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mica::grpc {

/// How a single message is compressed (grpc-encoding).
enum class coding : uint8_t {
  identity,
  /// RFC 1952.
  gzip,
  /// The zlib format, RFC 1950, as all gRPC libraries understand "deflate".
  deflate,
};

/// What we read, for grpc-accept-encoding.
inline constexpr std::string_view accepted_codings = "identity,deflate,gzip";

/// Bytes of a message, compressed or not, in both directions. Beyond:
/// RESOURCE_EXHAUSTED. gRPC's and Go Micro's default.
inline constexpr size_t default_message_bytes = 4 * 1024 * 1024;

/// Flag and length in front of each message.
inline constexpr size_t prefix_bytes = 5;

/// Returns the name as it stands in grpc-encoding.
std::string_view to_string(coding x) noexcept;

/// Reads one name of grpc-encoding; nothing for codings that we do not know.
std::optional<coding> parse_coding(std::string_view name) noexcept;

/// Tells whether a peer that sent this grpc-accept-encoding (a list with commas, may be
/// empty) can read `x`. Everybody reads identity.
bool accepts(std::string_view list, coding x) noexcept;

/// The reading half of zlib, kept between messages.
class inflater;

/// Takes a body apart into its messages. Not thread-safe.
///
/// Source: PROTOCOL-HTTP2.md, Length-Prefixed-Message.
class message_reader {
public:
  /// @param from the peer's grpc-encoding.
  /// @param message_bytes the most that a message may have, before and after
  ///        decompression.
  explicit message_reader(coding from = coding::identity,
                          size_t message_bytes = default_message_bytes);
  message_reader(message_reader&&) noexcept;
  message_reader& operator=(message_reader&&) noexcept;
  ~message_reader();

  /// Takes the next message out of what was kept and the front of `input`. True: there
  /// is one. False: `input` is used up without completing one, or the body is broken
  /// (`failure`).
  /// @param message lives until the next call, and as long as the text of `input`: a
  ///        message that lies in it whole is not copied.
  bool next(std::string_view& input, std::string_view& message);

  /// Why the body can't be read on; "none" while it can. `errc::protocol_error`
  /// (INTERNAL) for broken frames and compressed data, `errc::limit_exceeded`
  /// (RESOURCE_EXHAUSTED) for messages that are too large.
  const error& failure() const noexcept {
    return failure_;
  }

  /// Call at the end of the body: fails if it ended within a message, or before.
  expected<void> finish() const;

  /// Whether the message that `next` has just handed out came compressed.
  bool compressed() const noexcept {
    return compressed_;
  }

  /// Bytes of an incomplete message that are kept.
  size_t kept() const noexcept {
    return prefix_size_ + buffer_.size();
  }

private:
  bool open_prefix(std::string_view prefix);
  bool deliver(std::string_view payload, std::string_view& message);
  bool fail(error why);

  size_t limit_;
  coding from_;
  bool compressed_ = false;
  /// The kept message was handed out: it goes with the next call.
  bool delivered_ = false;
  uint8_t prefix_size_ = 0;
  std::array<char, prefix_bytes> prefix_{};
  /// Length of the message whose prefix is complete.
  size_t wanted_ = 0;
  std::string buffer_;
  std::string inflated_;
  std::unique_ptr<inflater> zlib_;
  error failure_;
};

/// Begins a message at the end of `out`: room for its prefix. Returns where that is.
size_t begin_message(std::string& out);

/// Completes the message that `begin_message` began: everything behind its prefix is
/// the payload. It is compressed as `as` says if that makes it smaller. Fails with
/// `errc::limit_exceeded` above `message_bytes`; `out` ends at `begin` then.
expected<void> end_message(std::string& out, size_t begin, coding as = coding::identity,
                           size_t message_bytes = default_message_bytes);

} // namespace mica::grpc
