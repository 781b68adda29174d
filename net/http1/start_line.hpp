// Request lines and status lines.

#pragma once

#include "http1/fault.hpp"

#include "mica/codecs/http.hpp"

#include <string_view>

namespace mica::net::http1 {

/// Reads `method SP request-target SP HTTP-version` (RFC 9112, 3), exactly one SP
/// each. Sets method, target and minor version.
///
/// A target in absolute form is reduced to its path and query; `authority` gets what
/// has to replace the Host field then (RFC 9112, 3.2.2), else it is cleared.
/// @returns false with `why` set to 400, 501 for CONNECT, 505.
bool parse_request_line(std::string_view line, http_request& out,
                        std::string& authority, fault& why);

struct status_line {
  int status = 0;
  int minor_version = 1;
};

/// Reads `HTTP-version SP 3DIGIT [SP reason]` (RFC 9112, 4). The reason is dropped.
bool parse_status_line(std::string_view line, status_line& out, fault& why);

} // namespace mica::net::http1
