#include "grpc/details.hpp"
#include "grpc/fields.hpp"
#include "grpc/message.hpp"
#include "grpc/text.hpp"
#include "mica/codecs/grpc.hpp"
#include "mucp/fields.hpp"
#include "json/text.hpp"

#include <utility>

namespace mica::grpc {

namespace {

// A text stands in the trailers three times; what is longer than this many bytes is
// cut, so that no client's limit on header bytes (8 KiB in gRPC's own) turns one error
// into another.
constexpr size_t max_text = 2048;

// Rich details above so many bytes are left out, for the same reason.
constexpr size_t max_details = 8 * 1024;

// protobuf's strings are UTF-8; readers refuse the whole status otherwise.
std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    auto size = json::utf8_length(text);
    if (size == 0)
      result += "\xef\xbf\xbd";
    else
      result += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

// grpc-status-details-bin; empty for what is only a text (a handler's ordinary error,
// as Go Micro's servers do).
std::string details_text(const error& failure, status code, std::string_view text,
                         std::string_view message) {
  rpc_status all{static_cast<uint32_t>(code), std::string{message}, {}};
  // Go Micro's client takes the first detail for its error and panics on any other
  // kind.
  if (failure.code != 0)
    all.details.push_back(
        {std::string{micro_error_type}, encode_micro_error(failure, text)});
  size_t size = 0;
  for (auto& item : details_of(failure)) {
    size += item.type_url.size() + item.bytes.size();
    if (size <= max_details && item.type_url != micro_error_type)
      all.details.push_back(std::move(item));
  }
  std::string result;
  if (!all.details.empty())
    append_binary(result, encode(all));
  return result;
}

void add_status(metadata& to, const reply_style& style, const error& failure) {
  auto code = status_of(failure);
  if (code == status::ok) {
    to.add("grpc-status", "0");
    return;
  }
  to.add("grpc-status", std::to_string(static_cast<uint32_t>(code)));
  auto text = json::shortened(failure.detail, max_text);
  auto valid = valid_utf8(text);
  auto message = text;
  if (style.go_micro && failure.code != 0) {
    auto shown = failure;
    shown.detail = text;
    message = valid = to_json(shown);
  }
  if (!message.empty())
    to.add("grpc-message", encode_percent(message));
  if (auto details = details_text(failure, code, valid_utf8(text), valid);
      !details.empty())
    to.add("grpc-status-details-bin", details);
  if (code == status::unimplemented)
    to.add("grpc-accept-encoding", accepted_codings);
}

http_response trailers_only(const reply_style& style, const error& failure,
                            const metadata& headers, const metadata& trailers) {
  http_response response;
  mucp::add_field(response.fields, "content-type", style.content_type);
  add_status(response.fields, style, failure);
  add_user_fields(response.fields, headers);
  add_user_fields(response.fields, trailers);
  // RFC 9110, 15.5.6 wants to know what would be allowed.
  if (failure.code == 405) {
    response.status = 405;
    response.fields.add("allow", "POST");
  }
  return response;
}

} // namespace

http_response write_reply(const reply_style& style, outgoing_reply&& reply, coding as,
                          size_t message_bytes) {
  if (reply.failure)
    return trailers_only(style, reply.failure, reply.headers, reply.trailers);
  as = usable(style, as);
  if (auto ok = frame(reply.body, reply.body_offset, as, message_bytes); !ok)
    return trailers_only(style, ok.error(), reply.headers, reply.trailers);
  auto response = write_head(style, reply.headers, as);
  response.body = std::move(reply.body);
  response.trailers = write_trailers(style, {}, reply.trailers);
  return response;
}

http_response write_head(const reply_style& style, const metadata& headers, coding as) {
  http_response response;
  mucp::add_field(response.fields, "content-type", style.content_type);
  if (as != coding::identity)
    response.fields.add("grpc-encoding", to_string(as));
  if (!headers.empty())
    add_user_fields(response.fields, headers);
  return response;
}

metadata write_trailers(const reply_style& style, const error& failure,
                        const metadata& trailers) {
  metadata result;
  add_status(result, style, failure);
  if (!trailers.empty())
    add_user_fields(result, trailers);
  return result;
}

http_response write_wrong_type(const error& why) {
  reply_style style;
  style.content_type = "application/grpc";
  auto response = trailers_only(style, why, {}, {});
  response.status = http_status(errc::unsupported_content_type);
  return response;
}

coding usable(const reply_style& style, coding wanted) noexcept {
  auto bit = 1u << static_cast<unsigned>(wanted);
  return (style.accepts & bit) != 0 ? wanted : coding::identity;
}

} // namespace mica::grpc
