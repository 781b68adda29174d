// The RPC envelopes of proto-rpc and json-rpc (wire reference 3.6).

#pragma once

#include "mica/codecs/codec.hpp"

#include <string>
#include <string_view>

namespace mica::mucp {

/// What an envelope holds. Views live as long as its text.
struct envelope {
  /// Requests: `Greeter.Hello`. Replies: mostly empty.
  std::string endpoint;
  /// Decimal; empty if there was none.
  std::string id;
  /// Replies: why the call failed; empty if it did not.
  std::string failure;
  /// The encoded message.
  std::string_view body;
};

/// @pre `kind` is an envelope. Failures are `errc::invalid_argument`.
expected<envelope> open_request(framing kind, std::string_view text);

expected<envelope> open_reply(framing kind, std::string_view text);

/// @param id decimal; proto-rpc knows numbers alone and turns any other text into 0.
std::string wrap_request(framing kind, std::string_view endpoint, std::string_view id,
                         std::string_view body);

/// @param failure empty for success.
std::string wrap_reply(framing kind, std::string_view id, std::string_view failure,
                       std::string_view body);

/// Two netstrings: a big-endian length of 32 bits and so many bytes. The first holds
/// a protobuf message {service_method = 1, fixed64 seq = 2, error = 3}, the second the
/// payload.
namespace proto_rpc {

expected<envelope> open(std::string_view text);

std::string wrap(std::string_view endpoint, std::string_view id,
                 std::string_view failure, std::string_view body);

} // namespace proto_rpc

/// JSON-RPC 1.0 as net/rpc/jsonrpc of Go has it, a line break at the end.
namespace json_rpc {

/// `{"method":"Greeter.Hello","params":[{...}],"id":"0"}`
expected<envelope> open_request(std::string_view text);

/// `{"id":"0","result":{...},"error":null}`
expected<envelope> open_reply(std::string_view text);

std::string wrap_request(std::string_view endpoint, std::string_view id,
                         std::string_view body);

std::string wrap_reply(std::string_view id, std::string_view failure,
                       std::string_view body);

} // namespace json_rpc

} // namespace mica::mucp
