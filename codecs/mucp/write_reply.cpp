#include "mica/codecs/mucp.hpp"
#include "mucp/envelope.hpp"
#include "mucp/fields.hpp"
#include "json/text.hpp"

#include <utility>

namespace mica::mucp {

namespace {

// It stands in the head twice; what is longer than this many bytes is cut, so that
// no client's limit on header bytes turns one error into another.
constexpr size_t max_detail = 4096;

// The value of Micro-Error.
std::string failure_text(const error& x) {
  // Plain text of another peer goes on as it came, unless it would change its meaning.
  if (x.code == 0 && x.id.empty() && !x.detail.empty() && x.detail != end_of_stream
      && x.detail.front() != '{')
    return json::shortened(x.detail, max_detail);
  if (x.detail.size() <= max_detail)
    return to_json(x);
  auto cut = x;
  cut.detail = json::shortened(x.detail, max_detail);
  return to_json(cut);
}

// What the handler adds, without what is ours to say.
void add_headers(metadata& to, const metadata& headers) {
  for (auto [name, value] : headers)
    if (!is_micro_field(name) && !is_framing_field(name)
        && !equal_names(name, "Content-Type"))
      add_foreign_field(to, name, value);
}

http_response write_plain(const reply_style& style, outgoing_reply&& reply) {
  http_response response;
  response.fields.reserve(2 + reply.headers.size(), 128);
  if (reply.failure) {
    auto& failure = reply.failure;
    if (failure.code < 400 || failure.code > 599) {
      failure.code = http_status(errc::internal);
      failure.status = reason_phrase(failure.code);
    }
    response.status = failure.code;
    response.fields.add("Content-Type", "application/json");
    // RFC 9110, 15.5.6 wants to know what would be allowed.
    if (failure.code == 405)
      response.fields.add("Allow", "POST");
    response.body = to_json(failure);
    response.body += '\n';
  } else {
    response.body = std::move(reply.body);
    if (!response.body.empty())
      add_field(response.fields, "Content-Type", style.content_type);
  }
  add_headers(response.fields, reply.headers);
  return response;
}

} // namespace

http_response write_reply(const reply_style& style, outgoing_reply&& reply,
                          const content_types& types) {
  const auto* type = types.find(style.content_type);
  auto envelope = type ? type->envelope : framing::none;
  auto failed = static_cast<bool>(reply.failure);
  if (style.via == protocol::http) {
    if (!failed && envelope != framing::none)
      reply.body = wrap_reply(envelope, style.id, {}, reply.body);
    return write_plain(style, std::move(reply));
  }
  http_response response;
  std::string failure;
  if (failed)
    failure = failure_text(reply.failure);
  if (envelope != framing::none)
    response.body = wrap_reply(envelope, style.id, failure, reply.body);
  else if (!failed)
    response.body = std::move(reply.body);
  auto& fields = response.fields;
  fields.reserve(4 + reply.headers.size(), 160 + 2 * failure.size());
  if (!response.body.empty())
    add_field(fields, "Content-Type", style.content_type);
  // Which copies go under X-: as Go Micro's servers do (wire reference 3.4).
  if (failed)
    add_field(fields, "Micro-Error", failure);
  if (!style.id.empty())
    add_field(fields, "Micro-Id", style.id);
  if (failed)
    add_field(fields, "X-Micro-Error", failure);
  else if (!style.id.empty())
    add_field(fields, "X-Micro-Id", style.id);
  if (!reply.headers.empty())
    add_headers(fields, reply.headers);
  return response;
}

metadata write_stream_head(const reply_style& style, const metadata& headers) {
  metadata fields;
  fields.reserve(3 + headers.size(), 128);
  add_field(fields, "Content-Type", style.content_type);
  if (!style.id.empty()) {
    add_field(fields, "Micro-Id", style.id);
    add_field(fields, "X-Micro-Id", style.id);
  }
  add_headers(fields, headers);
  return fields;
}

metadata write_stream_end(const reply_style& style, const error& outcome,
                          const metadata& trailers) {
  auto text = outcome ? failure_text(outcome) : std::string{end_of_stream};
  metadata fields;
  fields.reserve(3 + trailers.size(), 96 + 2 * text.size());
  add_field(fields, "Micro-Error", text);
  if (!style.id.empty())
    add_field(fields, "Micro-Id", style.id);
  add_field(fields, "X-Micro-Error", text);
  add_headers(fields, trailers);
  return fields;
}

} // namespace mica::mucp
