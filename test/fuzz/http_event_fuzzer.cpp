// Requests to the http broker and its answers: any bytes are read or refused with a
// status that HTTP has; ids come through their escapes.

#include "broker/http/wire.hpp"

#include "invariant.hpp"

using mica::fuzz::require;

namespace http = mica::broker::http;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  // The first line is the target.
  auto end = std::min(text.find('\n'), text.size());
  mica::http_request request;
  request.method = "POST";
  request.target = text.substr(0, end);
  request.body = text.substr(std::min(end + 1, text.size()));
  mica::event_json_limits limits{512, 256, 8};
  if (auto event = http::read_request(std::move(request), limits)) {
    require(!event->what->topic.empty(), "an event has a topic");
    require(!event->what->headers.contains(":topic"), "the older name is gone");
    require(event->what->body.size() <= limits.body_bytes, "bodies have a limit");
    for (auto speaks : {http::generation::v1, http::generation::v2}) {
      auto again = http::read_request(
          http::write_request(speaks, event->subscription, "h",
                              http::write_body(*event->what, speaks)),
          {});
      require(again.has_value(), "what is written can be read");
      require(again->subscription == event->subscription, "the id comes through");
      require(again->what->topic == event->what->topic, "the topic comes through");
      require(again->what->body == event->what->body, "the body comes through");
    }
  } else {
    auto response = http::refused(event.error());
    require(response.status >= 400 && response.status < 600, "a refusal has a status");
    auto told = http::read_response(response);
    require(!told && told.error().code == response.status, "a refusal is read again");
  }
  require(http::unescape_query(http::escape_query(text)) == text, "escapes are undone");
  mica::http_response odd;
  odd.status = 500;
  odd.body = text;
  require(!http::read_response(odd), "a failure is none but a failure");
  return 0;
}
