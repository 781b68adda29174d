// Requests of any kind: read or refused, and answered in one harmless response.

#include "invariant.hpp"
#include "message_text.hpp"
#include "mica/codecs/mucp.hpp"

#include <algorithm>

using namespace mica;
using fuzz::require;

namespace {

const content_types types;

void check_response(const reply_style& style, const http_response& response) {
  require(fuzz::are_lines(response.fields), "fields are single lines");
  if (style.via == protocol::http)
    require(response.status == 200 || (response.status >= 400 && response.status < 600),
            "a status that plain HTTP may have");
  else
    require(response.status == 200, "mucp answers 200");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::split_message(data, size);
  auto space = text.first_line.find(' ');
  http_request request;
  request.method = text.first_line.substr(0, space);
  request.target = space == std::string::npos ? "/" : text.first_line.substr(space + 1);
  request.fields = std::move(text.fields);
  request.body = std::move(text.body);
  auto style = mucp::style_of(request);
  auto copy = request;
  auto call = mucp::read_request(std::move(request), types);
  if (!call) {
    require(request.fields == copy.fields && request.body == copy.body,
            "a refused request stays as it was");
    auto shown = call.error().detail.size();
    require(shown < 2048 + style.content_type.size(), "short refusal");
    auto response = mucp::write_reply(style, {{}, {}, call.error()}, types);
    check_response(style, response);
    require(style.via == protocol::http ? response.status >= 400
                                        : response.fields.contains("Micro-Error"),
            "a refusal is seen to be one");
    return 0;
  }
  require(call->style.via == style.via, "one opinion on who answers");
  const auto& endpoint = call->style.endpoint;
  require(std::count(endpoint.begin(), endpoint.end(), '.') == 1, "Service.Method");
  require(types.find(call->style.content_type) != nullptr, "the body can be decoded");
  // What a handler would do wrong: send the request's fields back.
  outgoing_reply reply{call->headers, call->body, {}};
  check_response(call->style, mucp::write_reply(call->style, std::move(reply), types));
  return 0;
}
