// What the session answers by itself.

#pragma once

#include "mica/codecs/http.hpp"

#include <string>

namespace mica::net::http2 {

/// Answers a request that never reaches a handler, as its content type lets the peer
/// understand it: gRPC gets trailers alone, status 200 and `grpc-status` (413 and 431
/// are RESOURCE_EXHAUSTED, 408 is DEADLINE_EXCEEDED, 501 UNIMPLEMENTED, else INTERNAL);
/// all others get `status` and the Micro error object as JSON.
http_response refusal(const metadata& request_fields, int status, std::string text);

} // namespace mica::net::http2
