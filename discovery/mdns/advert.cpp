#include "mdns/advert.hpp"

#include "records/json_reader.hpp"
#include "records/json_text.hpp"

namespace mica::discovery::mdns {

std::string write_advert(const service_record& service, const node& which) {
  std::string json = "{\"Service\":";
  append_string(json, service.name);
  json += ",\"Version\":";
  append_string(json, service.version);
  json += ",\"Endpoints\":";
  if (service.endpoints.empty()) {
    json += "null";
  } else {
    auto separator = '[';
    for (auto& x : service.endpoints) {
      json += separator;
      append_endpoint(json, x);
      separator = ',';
    }
    json += ']';
  }
  json += ",\"Metadata\":";
  append_labels(json, which.metadata, "null");
  if (!service.metadata.empty()) {
    json += ",\"ServiceMetadata\":";
    append_labels(json, service.metadata, "null");
  }
  json += '}';
  return to_hex_zlib(json);
}

std::optional<service_record> read_advert(std::string_view text, std::string& why) {
  auto inflated = from_hex_zlib(text, max_record_bytes, why);
  if (!inflated)
    return std::nullopt;
  auto json = parse_json(*inflated, why);
  if (!json)
    return std::nullopt;
  if (!json->is_object()) {
    why = std::string{"expected an object, found "} + json->type_name();
    return std::nullopt;
  }
  service_record result;
  result.nodes.resize(1);
  if (!read(*json, "Service", result.name, why)
      || !read(*json, "Version", result.version, why)
      || !read(*json, "Endpoints", result.endpoints, why)
      || !read(*json, "Metadata", result.nodes[0].metadata, why)
      || !read(*json, "ServiceMetadata", result.metadata, why))
    return std::nullopt;
  if (result.name.empty()) {
    why = "Service is missing";
    return std::nullopt;
  }
  return result;
}

} // namespace mica::discovery::mdns
