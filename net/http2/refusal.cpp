#include "http2/refusal.hpp"

#include "http2/field_block.hpp"

#include "mica/codecs/error.hpp"

#include <string_view>
#include <utility>

namespace mica::net::http2 {

namespace {

std::string_view grpc_status(int status) noexcept {
  switch (status) {
    case 408:
      return "4";
    case 413:
    case 431:
      return "8";
    case 501:
      return "12";
    default:
      return "13";
  }
}

} // namespace

http_response refusal(const metadata& request_fields, int status, std::string text) {
  http_response result;
  if (is_grpc(request_fields)) {
    result.fields.add("content-type", request_fields.get_or("content-type", {}));
    result.trailers.add("grpc-status", grpc_status(status));
    // Printable ASCII without `%`: as it is (gRPC over HTTP/2, Status-Message).
    result.trailers.add("grpc-message", text);
    return result;
  }
  result.status = status;
  result.fields.add("content-type", "application/json");
  result.body = to_json(error{status, std::move(text), "mica.net.http2"});
  return result;
}

} // namespace mica::net::http2
