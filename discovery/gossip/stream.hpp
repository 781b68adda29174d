// What memberlist says over TCP: one message each way, then the end.

#pragma once

#include "gossip/packet.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mica::discovery::gossip {

/// A state exchange: all members that one side knows, and what the layer above adds.
struct push_pull {
  bool join = false;
  std::vector<push_node> nodes;
  std::string user;

  bool operator==(const push_pull&) const = default;
};

/// Why a peer refuses, in its words.
struct failure {
  std::string text;

  bool operator==(const failure&) const = default;
};

using stream_message = std::variant<push_pull, user, ping, ack, failure>;

/// Message of a stream without its layers.
std::string write(const push_pull& x);
std::string write_stream_user(std::string_view bytes);

/// Dresses a message for a stream: compressed if shorter, encrypted if there are keys.
/// Fails with `errc::internal` if OpenSSL does.
expected<std::string> dress(std::string text, const wire_options& options);

/// Finds the one message in a stream, whatever pieces it comes in. Pure; not
/// thread-safe.
class stream_reader {
public:
  /// @param options must outlive the reader.
  explicit stream_reader(const wire_options& options) : options_(&options) {
    // nop
  }

  /// Takes bytes. Returns the message once it is whole. Fails with
  /// `errc::protocol_error`, `errc::permission_denied` (not encrypted with a key of
  /// ours) or `errc::limit_exceeded`; nothing can be fed afterwards.
  expected<std::optional<stream_message>> feed(std::string_view bytes);

  /// Bytes held.
  size_t held() const noexcept {
    return buffer_.size();
  }

private:
  /// More bytes are needed, or why none help.
  using step = expected<bool>;

  step peel();
  step peel_encryption();
  step peel_compression();
  step more(const msgpack_reader& from, const char* what);
  step more_bytes(size_t size, const char* what);
  expected<std::optional<stream_message>> read_message();
  step read_push_pull();
  step read_user(std::string& to);
  template <class T>
  expected<std::optional<stream_message>> read_small(const char* what);

  const wire_options* options_;
  std::string buffer_;
  /// Where the next value starts; 0 before the type of the message is known.
  size_t at_ = 0;
  /// Bytes below which it is not worth looking again.
  size_t need_ = 1;
  bool decrypted_ = false;
  /// Nothing more will come: the bytes came out of a layer.
  bool whole_ = false;
  std::optional<push_pull_header> header_;
  std::optional<uint64_t> user_bytes_;
  push_pull state_;
};

} // namespace mica::discovery::gossip
