#include "http/addresses.hpp"
#include "zookeeper/session.hpp"

#include <algorithm>

namespace mica::discovery::zookeeper {

namespace {

constexpr uint16_t default_port = 2181;

} // namespace

std::string path_part(std::string_view text) {
  std::string result{text};
  std::replace(result.begin(), result.end(), '/', '-');
  return result;
}

std::string service_path(std::string_view service) {
  return std::string{prefix} + '/' + path_part(service);
}

std::string node_path(std::string_view service, std::string_view node) {
  return service_path(service) + '/' + path_part(node);
}

std::string service_part(std::string_view path) {
  if (!path.starts_with(prefix) || path.size() < prefix.size() + 2)
    return {};
  path.remove_prefix(prefix.size() + 1);
  return std::string{path.substr(0, path.find('/'))};
}

expected<std::string> server_list(const zookeeper_options& options) {
  auto addresses = options.addresses;
  if (addresses.empty())
    addresses.push_back("127.0.0.1");
  std::string result;
  for (const auto& address : addresses) {
    // A slash would begin a folder in the client's own syntax, a comma another server.
    auto where = split_address(address);
    if (!where || where->host.find_first_of("/,@ ") != std::string::npos)
      return mica::error{errc::invalid_argument, "ZooKeeper address \"" + address
                                                     + "\" is no host and port; write "
                                                       "host:port or [IPv6]:port"};
    if (where->port == 0)
      where->port = default_port;
    result += (result.empty() ? "" : ",") + join_address(*where);
  }
  return result;
}

} // namespace mica::discovery::zookeeper
