// A call and its answer, whatever protocol carries them.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/codecs/metadata.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mica {

/// Who answers, and so in which form (architecture 7).
enum class protocol : uint8_t {
  /// Go Micro's own: status 200, the error in Micro-Error.
  mucp,
  /// mucp from peers without Micro-* headers: framed bodies.
  mucp_legacy,
  /// Plain HTTP on /[package.]Service/Method with real status codes.
  http,
  /// gRPC: HTTP/2 with the status in the trailers.
  grpc,
};

/// What an answer needs to know of its call.
struct reply_style {
  protocol via = protocol::mucp;
  /// Micro-Id of the request; empty if it had none.
  std::string id;
  /// Content type of the request, without parameters. mucp without one means
  /// `application/protobuf`; of legacy peers it is the enveloped form, e.g.
  /// `application/json-rpc`. Empty for plain HTTP without one. Of gRPC it is as sent,
  /// e.g. `application/grpc+proto`: `grpc::find_codec` knows the codec.
  std::string content_type;
  /// `Greeter.Hello`; legacy envelopes repeat it.
  std::string endpoint;
  /// gRPC: the codings that the peer reads, bits `1 << grpc::coding`.
  uint8_t accepts = 1;
  /// gRPC: the peer is Go Micro's client, which looks for errors as JSON.
  bool go_micro = false;
};

/// One unary call as the server sees it.
struct incoming_call {
  reply_style style;
  /// Micro-Service, or the package-qualified service of the path. May be empty.
  std::string service;
  /// All header fields, as the handler's context shows them.
  metadata headers;
  /// The encoded message, without envelope but for `body_offset` bytes in front.
  std::string body;
  /// Time left when the call was sent (`Timeout` in ns); none if not said. Zero
  /// and below: expired.
  std::optional<std::chrono::nanoseconds> timeout;
  /// Where the message begins in `body`: moving a body is cheap, shifting it is not.
  size_t body_offset = 0;
  /// gRPC: the message came compressed; `body` has it as it was before.
  bool compressed = false;

  std::string_view payload() const noexcept {
    return std::string_view{body}.substr(body_offset);
  }
};

/// The answer to an incoming call: a body or a failure.
struct outgoing_reply {
  /// Additional header fields.
  metadata headers;
  std::string body;
  error failure;
  /// Fields behind the body; gRPC alone has them.
  metadata trailers = {};
  /// Bytes in front of the message that are left free for framing: 0, or
  /// `grpc::prefix_bytes`.
  size_t body_offset = 0;
};

/// One unary call as the client makes it.
struct outgoing_call {
  /// Service name in the registry, e.g. `greeter`.
  std::string service;
  /// `Greeter.Hello`.
  std::string endpoint;
  /// Never empty.
  std::string content_type = "application/protobuf";
  /// The caller's metadata; Micro-* fields are added by the protocol.
  metadata headers;
  std::string body;
  /// Our own service name (Micro-From-Service); may be empty.
  std::string from;
  /// Sequence number of the client (Micro-Id).
  uint64_t id = 0;
  /// Time left for the whole call; zero sends no `Timeout`.
  std::chrono::nanoseconds timeout{0};
  /// The proto package, for gRPC servers that want it in the path; may be empty.
  std::string package = {};
  /// As in `outgoing_reply`.
  size_t body_offset = 0;
};

/// The answer to an outgoing call.
struct incoming_reply {
  metadata headers;
  std::string body;
  /// Of the body, as the server said; empty when it did not.
  std::string content_type;
  /// Fields behind the body; gRPC alone has them.
  metadata trailers = {};
  /// Where the message begins in `body`.
  size_t body_offset = 0;

  std::string_view payload() const noexcept {
    return std::string_view{body}.substr(body_offset);
  }
};

} // namespace mica
