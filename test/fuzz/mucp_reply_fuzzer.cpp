// Replies: the first line holds status, content type and dialect (`200 application/json
// legacy`). Read, or a failure that says something.

#include "invariant.hpp"
#include "message_text.hpp"
#include "mica/codecs/mucp.hpp"

#include <sstream>

using namespace mica;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const content_types types;
  auto text = fuzz::split_message(data, size);
  std::istringstream first{text.first_line};
  http_response response;
  std::string type;
  std::string peer;
  first >> response.status >> type >> peer;
  response.fields = std::move(text.fields);
  response.body = std::move(text.body);
  auto status = response.status;
  auto dialect = peer == "legacy" ? mucp::dialect::legacy : mucp::dialect::current;
  auto micro_error = response.fields.get_or("Micro-Error", "").size();
  auto reply = mucp::read_reply(std::move(response), dialect, type, types);
  if (reply) {
    require(status == 200 && micro_error == 0, "a failure is no reply");
  } else {
    require(static_cast<bool>(reply.error()), "a failure is one");
    require(reply.error().reason != errc::none, "and has a reason");
    require(to_json(reply.error()).find('\n') == std::string::npos, "in one line");
  }
  // The same bytes as metadata of a call of ours.
  outgoing_call call;
  call.service = type;
  call.endpoint = peer;
  call.headers = fuzz::split_message(data, size).fields;
  auto request = mucp::write_request(std::move(call), "h:1", dialect, types);
  require(fuzz::are_lines(request.fields), "fields are single lines");
  require(request.fields.at(0).name == "Host", "Host is first");
  require(request.fields.get_or("Micro-Id", "") == "0", "metadata replaces no field");
  return 0;
}
