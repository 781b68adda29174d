// google.rpc.Status and the Micro error object as protobuf.

#pragma once

#include "mica/codecs/grpc_status.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mica::grpc {

/// Written and read by hand: descriptors named google.rpc.* in this library would clash
/// with those of users who link googleapis.
///
///     message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
///     message Any { string type_url = 1; bytes value = 2; }
struct rpc_status {
  uint32_t code = 0;
  std::string message;
  std::vector<detail> details;
};

std::string encode(const rpc_status& x);

/// Nullopt if `bytes` are no such message.
std::optional<rpc_status> decode_status(std::string_view bytes);

/// Go Micro's errors.Error { string id = 1; int32 code = 2; string detail = 3;
/// string status = 4; } as detail.
inline constexpr std::string_view micro_error_type = "type.googleapis.com/errors.Error";

std::string encode_micro_error(const error& x, std::string_view text);

/// Nullopt if `bytes` are no such message.
std::optional<error> decode_micro_error(std::string_view bytes);

} // namespace mica::grpc
