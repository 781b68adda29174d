#include "mica/codecs/mucp.hpp"
#include "mucp/envelope.hpp"
#include "mucp/fields.hpp"
#include "json/text.hpp"

#include <utility>

namespace mica::mucp {

namespace {

// Go Micro's ids for who found fault.
constexpr auto client_id = "go.micro.client";
constexpr auto transport_id = "go.micro.client.transport";
constexpr auto codec_id = "go.micro.client.codec";

constexpr size_t max_quote = 512;

// What Go Micro's servers answer, with status 200 and no Micro-Error, to a content
// type that they do not know.
constexpr std::string_view refusal = "Unsupported Content-Type";

bool is_retryable(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// mucp answers 200 whatever happens; this comes from somebody in between, or from the
// HTTP layer of the peer.
error transport_failure(const http_response& response) {
  if (response.body.starts_with('{'))
    if (auto told = parse_error(response.body); told.code >= 400 && told.code <= 599)
      return told;
  auto text = std::to_string(response.status);
  if (auto phrase = reason_phrase(response.status); !phrase.empty()) {
    text += ' ';
    text += phrase;
  }
  text += ": ";
  text += json::shortened(response.body, max_quote);
  error result{errc::internal, std::move(text), transport_id};
  // A stranger's 503 does not prove that the call never ran: it stays `internal`.
  if (response.status >= 400 && !is_retryable(response.status))
    result.reason = errc_from_status(response.status);
  return result;
}

error peer_failure(std::string_view text) {
  if (text == end_of_stream)
    return {errc::internal,
            "the peer ended a stream (Micro-Error: EOS) instead of "
            "answering",
            client_id};
  return parse_error(text);
}

framing envelope_of(dialect peer, std::string_view type, const content_types& types) {
  if (peer == dialect::legacy && type == "application/json")
    return framing::json_rpc;
  if (peer == dialect::legacy && type == "application/protobuf")
    return framing::proto_rpc;
  const auto* found = types.find(type);
  return found ? found->envelope : framing::none;
}

} // namespace

expected<incoming_reply> read_reply(http_response&& response, dialect peer,
                                    std::string_view content_type,
                                    const content_types& types) {
  if (response.status != 200)
    return transport_failure(response);
  // Everything else in the head may be an echo of what some caller sent before, the
  // id included (wire reference 2.3, 3.4).
  auto fields = scan(response.fields);
  if (!fields.error.empty())
    return peer_failure(fields.error);
  if (response.body.starts_with(refusal)
      && fields.content_type.starts_with("text/plain"))
    return error{errc::unsupported_content_type,
                 json::shortened(response.body, max_quote), client_id};
  incoming_reply reply;
  if (auto envelope = envelope_of(peer, content_type, types);
      envelope != framing::none) {
    auto opened = open_reply(envelope, response.body);
    if (!opened)
      return error{errc::internal, "reply: " + opened.error().detail, codec_id};
    if (!opened->failure.empty())
      return peer_failure(opened->failure);
    reply.body = opened->body;
  } else {
    reply.body = std::move(response.body);
  }
  reply.content_type = fields.content_type;
  reply.headers = std::move(response.fields);
  return reply;
}

error read_stream_end(const metadata& fields) {
  auto text = scan(fields).error;
  if (text.empty())
    return {errc::protocol_error, "the stream ended without Micro-Error"};
  return text == end_of_stream ? error{} : parse_error(text);
}

} // namespace mica::mucp
