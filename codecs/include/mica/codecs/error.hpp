// The Micro error object: how a failure looks to people and on the wire.

#pragma once

#include "mica/codecs/errc.hpp"

#include <string>
#include <string_view>

namespace mica {

/// A failure as a value. A default-constructed error means "none".
///
/// Source: go-micro `errors.Error`, JSON keys id, code, detail, status.
struct error {
  error() = default;

  /// @param reason also sets `code` and `status` by the table of `errc`.
  /// @param text a sentence for humans, naming the offending input.
  /// @param where who reports it: a service name, `go.micro.client`, ...
  error(errc reason, std::string text, std::string where = {});

  /// @param http_code 400..599; `reason` and `status` follow from it.
  error(int http_code, std::string text, std::string where = {});

  /// True if this is a failure.
  explicit operator bool() const noexcept {
    return reason != errc::none || code != 0 || !detail.empty();
  }

  std::string id;
  /// HTTP status; 0 when the peer sent plain text (as plain Go errors do).
  int code = 0;
  std::string detail;
  /// The reason phrase of `code`.
  std::string status;
  /// Not on the wire. What `code` means to mica.
  errc reason = errc::none;
  /// What gRPC says beyond the fields above: an encoded google.rpc.Status without its
  /// message; nearly always empty. Travels over gRPC alone; made and read by
  /// `grpc::make_error`, `grpc::details_of` (mica/codecs/grpc_status.hpp).
  std::string details = {};
};

/// Returns the JSON object as Go Micro v2 writes it: keys in the order id, code,
/// detail, status; zero values left out; no line breaks.
std::string to_json(const error& x);

/// Reads what `Micro-Error` holds. Accepts the object of v1 and v2; any other text
/// becomes `detail` with code 0 and `errc::internal`.
error parse_error(std::string_view text);

/// Returns one line for humans, e.g. `"greeter: 400 Bad Request: name missing"`.
std::string to_string(const error& x);

/// Compares what every protocol carries: id, code, detail, status.
bool operator==(const error& x, const error& y);

} // namespace mica
