#include "mica/codecs/mucp.hpp"
#include "mucp/envelope.hpp"
#include "mucp/fields.hpp"
#include "json/text.hpp"

#include <utility>

namespace mica::mucp {

namespace {

constexpr std::string_view blanks = " \t";

// Path of the request target, which may be in absolute form and have a query
// (RFC 9112, 3.2).
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (!target.starts_with('/') && target != "*") {
    auto authority = target.find("://");
    auto slash =
        authority == target.npos ? target.npos : target.find('/', authority + 3);
    target = slash == target.npos ? std::string_view{} : target.substr(slash);
  }
  return target.empty() ? "/" : target;
}

std::string_view without_parameters(std::string_view type) {
  type = type.substr(0, type.find(';'));
  auto last = type.find_last_not_of(blanks);
  return last == type.npos ? std::string_view{} : type.substr(0, last + 1);
}

// setupProtocol of Go Micro's server (wire reference 3.3).
bool is_legacy(const micro_fields& x) {
  if (!x.protocol.empty() || !x.topic.empty())
    return false;
  return (x.service.empty() && x.method.empty() && x.endpoint.empty())
         || !x.target.empty();
}

// What these types mean to peers that announce no protocol. The raw type carried
// proto-rpc there: it was the default of the oldest versions.
std::string_view legacy_type(std::string_view type) {
  if (equal_names(type, "application/json"))
    return "application/json-rpc";
  if (equal_names(type, "application/protobuf")
      || equal_names(type, "application/octet-stream"))
    return "application/proto-rpc";
  return type;
}

protocol protocol_of(std::string_view path, const micro_fields& fields) {
  if (path != "/" && !fields.any)
    return protocol::http;
  return is_legacy(fields) ? protocol::mucp_legacy : protocol::mucp;
}

void fill_style(reply_style& style, std::string_view path, const micro_fields& fields) {
  style.via = protocol_of(path, fields);
  style.id = fields.id;
  auto type = without_parameters(fields.content_type);
  if (type.empty() && style.via != protocol::http)
    type = "application/protobuf";
  style.content_type = style.via == protocol::mucp_legacy ? legacy_type(type) : type;
}

error bad_request(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

bool is_identifier(std::string_view text) {
  for (auto c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
          || c == '_'))
      return false;
  return !text.empty();
}

// `package.Service`
bool are_identifiers(std::string_view dotted) {
  for (auto dot = dotted.find('.'); dot != dotted.npos; dot = dotted.find('.')) {
    if (!is_identifier(dotted.substr(0, dot)))
      return false;
    dotted.remove_prefix(dot + 1);
  }
  return is_identifier(dotted);
}

// `/[package.]Service/Method`
expected<void> read_path(const http_request& request, std::string_view path,
                         incoming_call& call) {
  auto unknown = [&] {
    return error{errc::not_found, "no such path: " + json::shortened(path)
                                      + "; endpoints are /[package.]Service/Method"};
  };
  auto slash = path.find('/', 1);
  if (!path.starts_with('/') || slash == path.npos)
    return unknown();
  auto service = path.substr(1, slash - 1);
  auto method = path.substr(slash + 1);
  if (!are_identifiers(service) || !is_identifier(method))
    return unknown();
  auto name = service.substr(service.rfind('.') + 1);
  if (request.method != "POST")
    return error{405, request.method + ' ' + json::shortened(path)
                          + ": endpoints are called by POST"};
  call.service = service;
  call.style.endpoint.reserve(name.size() + method.size() + 1);
  call.style.endpoint += name;
  call.style.endpoint += '.';
  call.style.endpoint += method;
  return {};
}

// Exactly `Service.Method`. The text is Go Micro's.
expected<void> check_endpoint(std::string_view endpoint) {
  auto dot = endpoint.find('.');
  if (dot == 0 || dot == endpoint.npos || dot + 1 == endpoint.size()
      || endpoint.find('.', dot + 1) != endpoint.npos)
    return bad_request("rpc: service/endpoint request ill-formed: "
                       + json::shortened(endpoint)
                       + "; wanted is Service.Method in Micro-Endpoint");
  return {};
}

error unsupported(std::string_view type, protocol via, const content_types& types) {
  auto known = "; this service reads " + types.names();
  if (via == protocol::http
      && (type.empty() || equal_names(type, "application/x-www-form-urlencoded")))
    return {errc::unsupported_content_type,
            (type.empty() ? "no Content-Type"
                          : "Unsupported Content-Type: " + std::string{type})
                + known + " (curl: add -H 'Content-Type: application/json')"};
  return {errc::unsupported_content_type,
          "Unsupported Content-Type: " + json::shortened(type) + known};
}

// What mucp says beside the body. The endpoint may still come from the envelope.
expected<void> read_micro(const micro_fields& fields, incoming_call& call) {
  if (!fields.topic.empty())
    return error{errc::unimplemented,
                 "Micro-Topic " + json::shortened(fields.topic)
                     + ": events are not taken on this port; publish "
                       "them through the broker"};
  if (!fields.error.empty())
    return bad_request("Micro-Error in a request ends a stream, and there is none with "
                       "Micro-Id "
                       + json::shortened(fields.id));
  call.service = fields.service;
  call.style.endpoint = fields.endpoint.empty() ? fields.method : fields.endpoint;
  return {};
}

} // namespace

expected<incoming_call> read_request(http_request&& request,
                                     const content_types& types) {
  auto fields = scan(request.fields);
  auto path = path_of(request.target);
  // Filled in place: moving a call costs as much as reading its fields.
  expected<incoming_call> result{incoming_call{}};
  auto& call = *result;
  fill_style(call.style, path, fields);
  auto plain = call.style.via == protocol::http;
  if (auto ok = plain ? read_path(request, path, call) : read_micro(fields, call); !ok)
    return std::move(ok.error());
  if (!fields.timeout.empty()) {
    call.timeout = parse_timeout(fields.timeout);
    if (!call.timeout)
      return bad_request("Timeout: " + json::shortened(fields.timeout)
                         + " is no decimal number of nanoseconds");
  }
  const auto* type = plain && call.style.content_type.empty()
                         ? nullptr
                         : types.find(call.style.content_type);
  if (!type)
    return unsupported(call.style.content_type, call.style.via, types);
  if (!fields.content_encoding.empty()
      && !equal_names(fields.content_encoding, "identity"))
    return error{errc::unsupported_content_type,
                 "Content-Encoding: " + json::shortened(fields.content_encoding)
                     + " is not read here; send the body as it is"};
  if (type->envelope != framing::none) {
    auto opened = open_request(type->envelope, request.body);
    if (!opened)
      return std::move(opened.error());
    if (call.style.endpoint.empty())
      call.style.endpoint = std::move(opened->endpoint);
    if (call.style.id.empty())
      call.style.id = std::move(opened->id);
    if (auto ok = check_endpoint(call.style.endpoint); !ok)
      return std::move(ok.error());
    call.body = opened->body;
  } else {
    if (auto ok = check_endpoint(call.style.endpoint); !ok)
      return std::move(ok.error());
    call.body = std::move(request.body);
  }
  call.headers = std::move(request.fields);
  return result;
}

reply_style style_of(const http_request& request) {
  reply_style style;
  fill_style(style, path_of(request.target), scan(request.fields));
  return style;
}

} // namespace mica::mucp
