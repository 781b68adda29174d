// Records and endpoints as registries hold them: any bytes are read or refused with a
// reason, and what was read is written and read again to the same.

#include "mica/discovery/records.hpp"

#include "invariant.hpp"

using mica::fuzz::require;

namespace discovery = mica::discovery;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text{reinterpret_cast<const char*>(data), size};
  std::string why;
  auto record = discovery::parse_service_record(text, why);
  require(record || !why.empty(), "a refused record has a reason");
  require(why.size() < 4096, "a reason is short");
  if (record) {
    require(!record->name.empty(), "a record has a name");
    std::string none;
    auto again = discovery::parse_service_record(discovery::to_json(*record), none);
    require(again == record, "a record is stable after one round");
  }
  why.clear();
  auto endpoint = discovery::parse_endpoint(text, why);
  require(endpoint || !why.empty(), "a refused endpoint has a reason");
  if (endpoint) {
    std::string none;
    auto again = discovery::parse_endpoint(discovery::to_json(*endpoint), none);
    require(again == endpoint, "an endpoint is stable after one round");
  }
  // Text that is no UTF-8 must still make a JSON that can be read.
  discovery::service_record odd{"s", text, {{text, text}}, {}, {{text, text, {}}}};
  require(discovery::parse_service_record(discovery::to_json(odd), why).has_value(),
          "what is written can be read");
  return 0;
}
