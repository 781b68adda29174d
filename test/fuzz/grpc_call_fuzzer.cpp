// Requests and responses of any kind: read or refused, and answered.

#include "invariant.hpp"
#include "message_text.hpp"
#include "mica/codecs/grpc.hpp"

#include <algorithm>
#include <charconv>

using namespace mica;
using fuzz::require;

namespace {

const content_types types;

void check_request(const fuzz::message_text& text) {
  http_request request;
  auto space = text.first_line.find(' ');
  request.method = text.first_line.substr(0, space);
  request.target = space == std::string::npos ? "/" : text.first_line.substr(space + 1);
  request.fields = text.fields;
  request.body = text.body;
  auto style = grpc::style_of(request);
  auto call = grpc::read_request(std::move(request), types, 64 * 1024);
  if (!call) {
    require(request.fields == text.fields && request.body == text.body,
            "a refused request stays as it was");
    auto response = grpc::write_reply(style, {{}, {}, call.error()});
    require(fuzz::are_lines(response.fields), "fields are single lines");
    require(response.fields.get_or("grpc-status", "0") != "0", "a refusal is seen");
    require(response.body.empty() && response.trailers.empty(), "in the head alone");
    return;
  }
  const auto& endpoint = call->style.endpoint;
  require(std::count(endpoint.begin(), endpoint.end(), '.') >= 1, "Service.Method");
  require(grpc::find_codec(call->style.content_type, types) != nullptr,
          "the body can be decoded");
  require(call->payload().size() <= 64 * 1024, "within the limit");
  // What a handler would do wrong: send the request's fields back.
  outgoing_reply reply{call->headers, std::string{call->payload()}, {}, call->headers};
  auto response = grpc::write_reply(call->style, std::move(reply), grpc::coding::gzip);
  require(fuzz::are_lines(response.fields) && fuzz::are_lines(response.trailers),
          "fields are single lines");
  auto read = grpc::read_reply(std::move(response));
  require(read.has_value() && read->payload() == call->payload(), "a reply is read");
}

void check_response(const fuzz::message_text& text) {
  http_response response;
  const auto& line = text.first_line;
  std::from_chars(line.data(), line.data() + line.size(), response.status);
  // Fields behind the one named `-` are trailers.
  bool behind = false;
  for (auto [name, value] : text.fields) {
    if (name == "-")
      behind = true;
    else
      (behind ? response.trailers : response.fields).add(name, value);
  }
  response.body = text.body;
  auto reply = grpc::read_reply(std::move(response), 64 * 1024);
  if (reply) {
    require(reply->payload().size() <= 64 * 1024, "within the limit");
    return;
  }
  require(static_cast<bool>(reply.error()), "a failure is one");
  require(grpc::status_of(reply.error()) != grpc::status::ok, "and has a status");
  // Failures are passed on.
  reply_style style;
  style.via = protocol::grpc;
  auto again = grpc::write_reply(style, {{}, {}, reply.error()});
  require(fuzz::are_lines(again.fields), "fields are single lines");
  require(!grpc::read_reply(std::move(again)), "and stay failures");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::split_message(data, size);
  check_request(text);
  check_response(text);
  return 0;
}
