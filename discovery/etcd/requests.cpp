#include "etcd/base64.hpp"
#include "etcd/wire.hpp"
#include "records/json_text.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery::etcd {

namespace {

api_request post(std::string target, std::string body) {
  return {"POST", std::move(target), std::move(body)};
}

/// `"name":"base64"`.
void append_bytes(std::string& out, std::string_view name, std::string_view bytes) {
  out += '"';
  out += name;
  out += "\":\"";
  append_base64(out, bytes);
  out += '"';
}

/// The first key behind all that begin with `key_prefix`, which ends in a slash.
std::string range_end(std::string_view key_prefix) {
  std::string result{key_prefix};
  ++result.back();
  return result;
}

void append_range(std::string& out, std::string_view key_prefix) {
  append_bytes(out, "key", key_prefix);
  out += ',';
  append_bytes(out, "range_end", range_end(key_prefix));
}

} // namespace

std::string path_part(std::string_view text) {
  std::string result{text};
  std::replace(result.begin(), result.end(), '/', '-');
  return result;
}

std::string service_prefix(std::string_view service) {
  return std::string{prefix} + path_part(service) + '/';
}

std::string node_key(std::string_view service, std::string_view node) {
  return service_prefix(service) + path_part(node);
}

std::string service_part(std::string_view key) {
  if (!key.starts_with(prefix))
    return {};
  key.remove_prefix(prefix.size());
  auto slash = key.find('/');
  return slash == std::string_view::npos ? std::string{}
                                         : std::string{key.substr(0, slash)};
}

api_request range_request(std::string_view key_prefix) {
  std::string body = "{";
  append_range(body, key_prefix);
  body += ",\"serializable\":true}";
  return post("/v3/kv/range", std::move(body));
}

api_request put_request(std::string_view key, std::string_view value,
                        std::string_view lease) {
  std::string body = "{";
  append_bytes(body, "key", key);
  body += ',';
  append_bytes(body, "value", value);
  if (!lease.empty()) {
    body += ",\"lease\":\"";
    body += lease;
    body += '"';
  }
  body += '}';
  return post("/v3/kv/put", std::move(body));
}

api_request delete_request(std::string_view key) {
  std::string body = "{";
  append_bytes(body, "key", key);
  body += '}';
  return post("/v3/kv/deleterange", std::move(body));
}

api_request grant_request(std::chrono::nanoseconds ttl) {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(ttl).count();
  return post("/v3/lease/grant", "{\"TTL\":\"" + std::to_string(seconds) + "\"}");
}

api_request keep_alive_request(std::string_view lease) {
  return post("/v3/lease/keepalive", "{\"ID\":\"" + std::string{lease} + "\"}");
}

api_request watch_request() {
  std::string body = "{\"create_request\":{";
  append_range(body, prefix);
  body += "}}";
  auto result = post("/v3/watch", std::move(body));
  result.stream = true;
  // Metadata of the gRPC call behind the gateway.
  result.header = "Grpc-Metadata-hasleader: true";
  return result;
}

api_request authenticate_request(std::string_view user, std::string_view password) {
  std::string body = "{\"name\":";
  append_string(body, user);
  body += ",\"password\":";
  append_string(body, password);
  body += '}';
  return post("/v3/auth/authenticate", std::move(body));
}

} // namespace mica::discovery::etcd
