#include "grpc/fields.hpp"
#include "grpc/message.hpp"
#include "grpc/text.hpp"
#include "mica/codecs/grpc.hpp"
#include "mucp/fields.hpp"

#include <cstdint>
#include <limits>
#include <utility>

namespace mica::grpc {

namespace {

constexpr std::string_view user_agent = "grpc-mica/0.1";

// `application/json` -> `application/grpc+json`
std::string grpc_type(std::string_view type) {
  if (is_grpc(type))
    return std::string{type};
  if (type == "application/protobuf")
    return "application/grpc+proto";
  if (type == "application/octet-stream")
    return "application/grpc+bytes";
  return "application/grpc+" + std::string{type.substr(type.find('/') + 1)};
}

// To three digits and upwards, so at most a hundredth more. Calls one behind the other
// say the same then, which costs HPACK an octet; a new text for each would push
// everything else out of its table. gRPC's core rounds for the same reason.
std::chrono::nanoseconds rounded(std::chrono::nanoseconds time) {
  constexpr int64_t largest = std::numeric_limits<int64_t>::max() / 10;
  int64_t step = 1;
  while (time.count() / step >= 1000)
    step *= 10;
  if (time.count() > largest)
    return time;
  return std::chrono::nanoseconds{(time.count() + step - 1) / step * step};
}

// Endpoint `Greeter.Hello` -> `/<prefix.>Greeter/Hello`. One that is a path already is
// used as it is, as in Go Micro.
std::string path_of(const outgoing_call& call, dialect peer) {
  if (call.endpoint.starts_with('/'))
    return call.endpoint;
  const auto& prefix = peer == dialect::go_micro ? call.service : call.package;
  std::string result;
  result.reserve(prefix.size() + call.endpoint.size() + 2);
  result += '/';
  result += prefix;
  if (!prefix.empty())
    result += '.';
  auto dot = call.endpoint.rfind('.');
  result += call.endpoint;
  if (dot != std::string::npos)
    result[result.size() - call.endpoint.size() + dot] = '/';
  return result;
}

expected<http_request> write_whole(const outgoing_call& call, std::string body,
                                   std::string_view host, dialect peer, coding as,
                                   size_t message_bytes) {
  if (auto ok = frame(body, call.body_offset, as, message_bytes); !ok)
    return std::move(ok.error());
  auto request = write_head(call, host, peer, as);
  request.body = std::move(body);
  return request;
}

} // namespace

http_request write_head(const outgoing_call& call, std::string_view host, dialect peer,
                        coding as) {
  http_request request;
  request.method = "POST";
  request.target = path_of(call, peer);
  request.major_version = 2;
  request.minor_version = 0;
  auto& fields = request.fields;
  fields.reserve(9 + call.headers.size(), 256 + host.size() + call.from.size());
  auto type = grpc_type(call.content_type);
  mucp::add_field(fields, "host", host);
  mucp::add_field(fields, "content-type", type);
  fields.add("te", "trailers");
  fields.add("user-agent", user_agent);
  fields.add("grpc-accept-encoding", accepted_codings);
  if (as != coding::identity)
    fields.add("grpc-encoding", to_string(as));
  if (call.timeout.count() != 0)
    fields.add("grpc-timeout", format_timeout(rounded(call.timeout)));
  if (!call.from.empty())
    mucp::add_field(fields, "micro-from-service", call.from);
  if (peer == dialect::go_micro) {
    // Its server reads this one beside grpc-timeout, and takes the earlier.
    if (call.timeout.count() > 0)
      fields.add("timeout", std::to_string(call.timeout.count()));
    // As its client does: JSON keeps the plain name there.
    mucp::add_field(fields, "x-content-type",
                    call.content_type == "application/protobuf" ? std::string_view{type}
                                                                : call.content_type);
  }
  if (!call.headers.empty())
    add_user_fields(fields, call.headers);
  return request;
}

expected<http_request> write_request(outgoing_call&& call, std::string_view host,
                                     dialect peer, coding as, size_t message_bytes) {
  auto body = std::move(call.body);
  return write_whole(call, std::move(body), host, peer, as, message_bytes);
}

expected<http_request> write_request(const outgoing_call& call, std::string_view host,
                                     dialect peer, coding as, size_t message_bytes) {
  return write_whole(call, std::string{call.body}, host, peer, as, message_bytes);
}

} // namespace mica::grpc
