// gRPC's status codes and rich details, and the Micro error object: one table.

#pragma once

#include "mica/codecs/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mica::grpc {

/// Source: google/rpc/code.proto. Peers may send other numbers; they are kept.
enum class status : uint32_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

/// One message of google.rpc.Status.details: a google.protobuf.Any.
struct detail {
  /// `type.googleapis.com/<message>`.
  std::string type_url;
  /// The encoded message.
  std::string bytes;

  bool operator==(const detail&) const = default;
};

/// Returns gRPC's name, e.g. `NOT_FOUND`; the number for unknown ones.
std::string to_string(status code);

/// Returns the status that `x` travels as (docs/errors.md): what `x.details` says, else
/// by its reason, else by its HTTP code as Go Micro does; code 0, plain text, is
/// UNKNOWN. `ok` for no failure.
status status_of(const error& x);

/// Makes the error that travels as `code` with this text and these details.
/// @pre `code` is not `ok`.
/// @param where as in `error`.
error make_error(status code, std::string text, std::vector<detail> details = {},
                 std::string where = {});

/// Returns the details that came with `x`, or that `make_error` put there, but for the
/// Micro error object itself.
std::vector<detail> details_of(const error& x);

/// Returns the status of a response that says none (http-grpc-status-mapping.md).
status status_from_http(int http_status) noexcept;

} // namespace mica::grpc
