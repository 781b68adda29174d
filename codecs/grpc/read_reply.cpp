#include "grpc/details.hpp"
#include "grpc/fields.hpp"
#include "grpc/message.hpp"
#include "grpc/text.hpp"
#include "mica/codecs/grpc.hpp"
#include "json/text.hpp"

#include <charconv>
#include <utility>

namespace mica::grpc {

namespace {

// Go Micro's ids for who found fault.
constexpr auto transport_id = "go.micro.client.transport";
constexpr auto codec_id = "go.micro.client.codec";

constexpr size_t max_quote = 512;

// A response that is none of gRPC's: from somebody in between, or from the HTTP layer
// of the peer.
error http_failure(const http_response& response, std::string_view content_type) {
  if (response.body.starts_with('{'))
    if (auto told = parse_error(response.body); told.code >= 400 && told.code <= 599)
      return told;
  auto text = "no grpc-status in a response with HTTP status "
              + std::to_string(response.status);
  if (auto phrase = reason_phrase(response.status); !phrase.empty())
    text += ' ' + std::string{phrase};
  if (!content_type.empty())
    text += " and content-type " + json::shortened(content_type);
  if (!response.body.empty())
    text += ": " + json::shortened(response.body, max_quote);
  // A stranger's 503 does not prove that the call never ran; who retries looks at `id`.
  return make_error(status_from_http(response.status), std::move(text), {},
                    transport_id);
}

status read_status(std::string_view text) noexcept {
  uint32_t number = 0;
  auto end = text.data() + text.size();
  auto [used, problem] = std::from_chars(text.data(), end, number);
  return used == end && problem == std::errc{} ? static_cast<status>(number)
                                               : status::unknown;
}

// What the three fields say. The Micro error object goes before everything else, in its
// detail (Go Micro v2, mica), then as JSON (Go Micro v1).
error failure_of(const grpc_fields& fields, status code) {
  std::optional<rpc_status> rich;
  if (!fields.details.empty())
    if (auto bytes = parse_binary(fields.details))
      rich = decode_status(*bytes);
  auto text = decode_percent(fields.message);
  std::vector<detail> others;
  std::optional<error> micro;
  if (rich) {
    if (text.empty())
      text = rich->message;
    for (auto& item : rich->details) {
      if (!micro && item.type_url == micro_error_type)
        micro = decode_micro_error(item.bytes);
      else
        others.push_back(std::move(item));
    }
  }
  if (!micro && text.starts_with('{'))
    if (auto told = parse_error(text); told.code > 0)
      micro = std::move(told);
  if (!micro)
    return make_error(code, std::move(text), std::move(others));
  if (!others.empty() || status_of(*micro) != code)
    micro->details = encode({static_cast<uint32_t>(code), {}, std::move(others)});
  return std::move(*micro);
}

} // namespace

error outcome_of(const http_response& head, const metadata& trailers) {
  auto fields = scan(trailers);
  std::string_view content_type;
  if (fields.status.empty()) {
    fields = scan(head.fields);
    content_type = fields.content_type;
  }
  if (fields.status.empty()) {
    if (head.status == 200 && is_grpc(content_type))
      return {errc::protocol_error, "the response ended without grpc-status", codec_id};
    return http_failure(head, content_type);
  }
  auto code = read_status(fields.status);
  return code == status::ok ? error{} : failure_of(fields, code);
}

expected<coding> coding_of(const metadata& head) {
  auto name = head.get_or("grpc-encoding", "identity");
  if (auto known = parse_coding(name))
    return *known;
  return error{errc::protocol_error,
               "the response has grpc-encoding " + json::shortened(name)
                   + ", which was not offered",
               codec_id};
}

expected<incoming_reply> read_reply(http_response&& response, size_t message_bytes) {
  if (auto failure = outcome_of(response, response.trailers))
    return failure;
  auto from = coding_of(response.fields);
  if (!from)
    return std::move(from.error());
  expected<incoming_reply> result{incoming_reply{}};
  auto& reply = *result;
  std::string unpacked;
  auto ok = check_single(response.body, *from, message_bytes, "response", unpacked,
                         reply.body_offset);
  if (!ok) {
    ok.error().id = codec_id;
    return std::move(ok.error());
  }
  reply.body = reply.body_offset > 0 ? std::move(response.body) : std::move(unpacked);
  auto fields = scan(response.fields);
  reply.content_type = fields.content_type;
  for (auto* x : {&response.fields, &response.trailers}) {
    if (!scan(*x).has_binary)
      continue;
    if (auto decoded = decode_binary(*x); !decoded) {
      decoded.error().id = codec_id;
      return std::move(decoded.error());
    }
  }
  reply.headers = std::move(response.fields);
  reply.trailers = std::move(response.trailers);
  return result;
}

} // namespace mica::grpc
