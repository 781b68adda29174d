// Events as Go Micro's brokers send them: any bytes are read or refused with a reason,
// what was read is written and read again to the same, limits hold.

#include "mica/codecs/event_json.hpp"

#include "invariant.hpp"

using mica::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  mica::event_json_limits limits{512, 256, 8};
  auto event = mica::read_event_json(text, limits);
  if (event) {
    size_t bytes = 0;
    for (auto field : event->headers)
      bytes += field.name.size() + field.value.size();
    require(event->body.size() <= limits.body_bytes, "bodies have a limit");
    require(bytes <= limits.header_bytes, "headers have a limit");
    require(event->headers.size() <= limits.header_fields, "fields have a limit");
    auto written = mica::write_event_json(event->headers, event->body);
    auto again = mica::read_event_json(written, limits);
    require(again && again->body == event->body, "a body is stable");
    require(again->headers.size() == event->headers.size(), "headers are stable");
    require(mica::write_event_json(again->headers, again->body) == written,
            "writing is stable");
  } else {
    require(!event.error().detail.empty() && event.error().detail.size() < 1024,
            "a refusal has a short reason");
  }
  // Bytes that are no UTF-8 must still make a JSON that can be read.
  auto odd = mica::write_event_json({{text, text}}, text);
  require(mica::read_event_json(odd).has_value() || size > 60'000,
          "what is written can be read");
  return 0;
}
