#include "mucp/envelope.hpp"

namespace mica::mucp {

expected<envelope> open_request(framing kind, std::string_view text) {
  return kind == framing::json_rpc ? json_rpc::open_request(text)
                                   : proto_rpc::open(text);
}

expected<envelope> open_reply(framing kind, std::string_view text) {
  return kind == framing::json_rpc ? json_rpc::open_reply(text) : proto_rpc::open(text);
}

std::string wrap_request(framing kind, std::string_view endpoint, std::string_view id,
                         std::string_view body) {
  return kind == framing::json_rpc ? json_rpc::wrap_request(endpoint, id, body)
                                   : proto_rpc::wrap(endpoint, id, {}, body);
}

std::string wrap_reply(framing kind, std::string_view id, std::string_view failure,
                       std::string_view body) {
  // Go Micro's servers leave service_method empty in replies.
  return kind == framing::json_rpc ? json_rpc::wrap_reply(id, failure, body)
                                   : proto_rpc::wrap({}, id, failure, body);
}

} // namespace mica::mucp
