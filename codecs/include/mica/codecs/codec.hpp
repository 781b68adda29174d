// How a message becomes a body, chosen by content type.

#pragma once

#include "mica/codecs/expected.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace mica {

/// Turns messages into bodies and back. Stateless and thread-safe.
class codec {
public:
  virtual ~codec();

  /// Go Micro's name of the codec: `proto`, `json`, `bytes`, ...
  virtual std::string_view name() const noexcept = 0;

  /// Appends the body of `message` to `out`.
  virtual expected<void> encode(const google::protobuf::Message& message,
                                std::string& out) const = 0;

  /// Replaces `message` by what `body` says. On failure, `message` is unspecified
  /// and the error (`errc::invalid_argument`) says what is wrong and where.
  virtual expected<void> decode(std::string_view body,
                                google::protobuf::Message& message) const = 0;
};

/// An RPC envelope around the body, older than the Micro-* headers (wire reference
/// 3.6).
enum class framing : uint8_t { none, proto_rpc, json_rpc };

/// What a content type stands for.
struct content_type_entry {
  std::shared_ptr<const codec> body;
  framing envelope = framing::none;
};

/// Content type -> codec, with Go Micro's names; users may add their own at run
/// time. Not thread-safe while it is changed: complete it before a service runs.
class content_types {
public:
  /// Holds application/protobuf, /json, /proto-rpc, /json-rpc, /octet-stream.
  content_types();

  /// Adds or replaces; parameters of `type` (`; charset=...`) are dropped.
  void add(std::string_view type, content_type_entry entry);

  /// Finds the entry; case and parameters do not matter. An empty type means
  /// application/protobuf, as in Go Micro. Returns nullptr for unknown types. The
  /// entry lives until the next `add`.
  const content_type_entry* find(std::string_view type) const;

  /// All names in order, for error messages.
  std::string names() const;

private:
  // In no order: there are few, and their lengths tell most of them apart.
  std::vector<std::pair<std::string, content_type_entry>> entries_;
};

/// The plain protobuf codec.
std::shared_ptr<const codec> proto_codec();

/// JSON as Go Micro reads and writes it: original field names out, original and
/// camelCase names in, unknown fields are errors, int64 as numbers, a trailing
/// newline (wire reference 3.2).
std::shared_ptr<const codec> json_codec();

/// Raw bytes. Carries `google.protobuf.BytesValue`; every other message type fails
/// with `errc::invalid_argument`.
std::shared_ptr<const codec> bytes_codec();

} // namespace mica
