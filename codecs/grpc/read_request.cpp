#include "grpc/fields.hpp"
#include "grpc/message.hpp"
#include "grpc/text.hpp"
#include "mica/codecs/grpc.hpp"
#include "mucp/fields.hpp"
#include "json/text.hpp"

#include <algorithm>
#include <utility>

namespace mica::grpc {

namespace {

constexpr std::string_view family = "application/grpc";

std::string_view without_parameters(std::string_view type) {
  type = type.substr(0, type.find(';'));
  auto last = type.find_last_not_of(" \t");
  return last == type.npos ? std::string_view{} : type.substr(0, last + 1);
}

uint8_t accepted_bits(std::string_view list) noexcept {
  unsigned result = 0;
  for (auto x : {coding::identity, coding::gzip, coding::deflate})
    if (accepts(list, x))
      result |= 1u << static_cast<unsigned>(x);
  return static_cast<uint8_t>(result);
}

void fill_style(reply_style& style, const grpc_fields& fields) {
  style.via = protocol::grpc;
  style.content_type = without_parameters(fields.content_type);
  style.accepts = accepted_bits(fields.accept_encoding);
  style.go_micro = !fields.micro_content_type.empty();
}

expected<void> read_path(const http_request& request, incoming_call& call) {
  auto path = parse_path(request.target);
  if (path.method.empty())
    return error{errc::unimplemented,
                 "malformed method name: " + json::shortened(request.target)
                     + "; wanted is /package.Service/Method"};
  call.service = path.service;
  call.style.endpoint = path.endpoint();
  return {};
}

expected<void> read_timeouts(const grpc_fields& fields, incoming_call& call) {
  if (!fields.timeout.empty()) {
    call.timeout = parse_timeout(fields.timeout);
    if (!call.timeout)
      return error{
          errc::protocol_error,
          "malformed grpc-timeout: " + json::shortened(fields.timeout)
              + "; wanted are one to eight digits and one of H, M, S, m, u, n"};
  }
  // Others may mean something else by a field of this name.
  if (!call.style.go_micro || fields.micro_timeout.empty())
    return {};
  auto time = mucp::parse_timeout(fields.micro_timeout);
  if (!time)
    return error{errc::invalid_argument,
                 "timeout: " + json::shortened(fields.micro_timeout)
                     + " is no decimal number of nanoseconds"};
  call.timeout = std::min(*time, call.timeout.value_or(*time));
  return {};
}

expected<void> read_fields(const http_request& request, const grpc_fields& fields,
                           const content_types& types, incoming_call& call,
                           coding& from) {
  fill_style(call.style, fields);
  if (request.method != "POST")
    return error{405, json::shortened(request.method) + ' '
                          + json::shortened(request.target)
                          + ": gRPC methods are called by POST"};
  if (auto ok = read_path(request, call); !ok)
    return ok;
  if (!find_codec(call.style.content_type, types))
    return error{errc::unsupported_content_type,
                 "no codec for " + json::shortened(call.style.content_type)
                     + "; gRPC's suffixes are +proto, +json, +bytes"};
  if (!fields.encoding.empty()) {
    auto known = parse_coding(fields.encoding);
    if (!known)
      return error{errc::unimplemented, "grpc-encoding "
                                            + json::shortened(fields.encoding)
                                            + " is not read here; these are: "
                                            + std::string{accepted_codings}};
    from = *known;
  }
  return read_timeouts(fields, call);
}

// What stands in front of the service's own name is a package for gRPC's clients and
// the service's name in the registry for Go Micro's.
std::string_view last_part(std::string_view service) noexcept {
  return service.substr(service.rfind('.') + 1);
}

} // namespace

method_path parse_path(std::string_view target) noexcept {
  target = target.substr(0, target.find('?'));
  auto slash = target.rfind('/');
  if (!target.starts_with('/') || slash == 0)
    return {};
  method_path result{target.substr(1, slash - 1), target.substr(slash + 1)};
  if (last_part(result.service).empty() || result.method.empty())
    return {};
  return result;
}

std::string method_path::endpoint() const {
  auto name = last_part(service);
  std::string result;
  result.reserve(name.size() + method.size() + 1);
  result += name;
  result += '.';
  result += method;
  return result;
}

bool is_grpc(std::string_view content_type) noexcept {
  if (content_type.size() < family.size()
      || !equal_names(content_type.substr(0, family.size()), family))
    return false;
  if (content_type.size() == family.size())
    return true;
  auto next = content_type[family.size()];
  return next == '+' || next == ';' || next == ' ';
}

const content_type_entry* find_codec(std::string_view content_type,
                                     const content_types& types) {
  if (!is_grpc(content_type))
    return nullptr;
  auto suffix = without_parameters(content_type).substr(family.size());
  if (suffix.empty() || suffix == "+proto")
    return types.find("application/protobuf");
  if (suffix == "+json")
    return types.find("application/json");
  if (suffix == "+bytes")
    return types.find("application/octet-stream");
  auto name = "application/" + std::string{suffix.substr(1)};
  // An empty suffix would be everything that has no type.
  return suffix.size() > 1 ? types.find(name) : nullptr;
}

expected<incoming_call> read_request(http_request&& request, const content_types& types,
                                     size_t message_bytes) {
  auto fields = scan(request.fields);
  // Filled in place: moving a call costs as much as reading its fields.
  expected<incoming_call> result{incoming_call{}};
  auto& call = *result;
  auto from = coding::identity;
  if (auto ok = read_fields(request, fields, types, call, from); !ok)
    return std::move(ok.error());
  std::string unpacked;
  if (auto ok = check_single(request.body, from, message_bytes, "request", unpacked,
                             call.body_offset);
      !ok)
    return std::move(ok.error());
  call.compressed = call.body_offset == 0;
  metadata decoded;
  if (fields.has_binary) {
    decoded = request.fields;
    if (auto ok = decode_binary_fields(decoded); !ok)
      return std::move(ok.error());
  }
  call.headers = fields.has_binary ? std::move(decoded) : std::move(request.fields);
  call.body = call.body_offset > 0 ? std::move(request.body) : std::move(unpacked);
  return result;
}

expected<incoming_head> read_head(http_request&& head, const content_types& types) {
  auto fields = scan(head.fields);
  expected<incoming_head> result{incoming_head{}};
  if (auto ok = read_fields(head, fields, types, result->call, result->from); !ok)
    return std::move(ok.error());
  metadata decoded;
  if (fields.has_binary) {
    decoded = head.fields;
    if (auto ok = decode_binary_fields(decoded); !ok)
      return std::move(ok.error());
  }
  result->call.headers =
      fields.has_binary ? std::move(decoded) : std::move(head.fields);
  return result;
}

reply_style style_of(const http_request& request) {
  reply_style style;
  fill_style(style, scan(request.fields));
  return style;
}

expected<void> decode_binary_fields(metadata& fields) {
  return decode_binary(fields);
}

} // namespace mica::grpc
