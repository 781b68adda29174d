#include "client/route.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

std::string_view label(const discovery::node& node, const char* name) {
  auto found = node.metadata.find(name);
  return found == node.metadata.end() ? std::string_view{} : found->second;
}

// `list` is comma-separated, as mica writes it.
bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == name)
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

dialect best_of(const discovery::node& node, protocol_choice choice) {
  auto announced = label(node, "protocol");
  auto ours = label(node, "mica-protocols");
  auto wants_grpc = choice == protocol_choice::grpc
                    || (choice == protocol_choice::automatic
                        && (lists(ours, "grpc") || announced == "grpc"));
  if (wants_grpc)
    return ours.empty() && announced == "grpc" ? dialect::grpc_go_micro : dialect::grpc;
  return announced.empty() ? dialect::mucp_legacy : dialect::mucp;
}

route over(std::string address, dialect speaks, bool secure) {
  auto http2 = speaks == dialect::grpc || speaks == dialect::grpc_go_micro;
  return {{std::move(address),
           http2 ? net::http_version::http2 : net::http_version::http1, secure},
          speaks};
}

} // namespace

expected<protocol_choice> parse_protocol_choice(std::string_view name) {
  if (name.empty())
    return protocol_choice::automatic;
  if (name == "mucp")
    return protocol_choice::mucp;
  if (name == "grpc")
    return protocol_choice::grpc;
  return error{errc::invalid_argument,
               "protocol " + std::string{name} + " is not known; there are: grpc, mucp",
               "go.micro.client"};
}

route route_to(const discovery::node& node, protocol_choice choice, bool secure) {
  return over(node.address, best_of(node, choice),
              secure || label(node, "secure") == "true");
}

route route_to(std::string address, protocol_choice choice, bool secure) {
  auto wants_grpc = choice == protocol_choice::grpc
                    || (choice == protocol_choice::automatic && secure);
  return over(std::move(address), wants_grpc ? dialect::grpc : dialect::mucp, secure);
}

} // namespace mica::detail
