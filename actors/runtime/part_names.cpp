#include "runtime/part_names.hpp"

#include "runtime/broker_choice.hpp"
#include "runtime/transport_choice.hpp"

#include "mica/discovery/selector.hpp"

namespace mica::detail {

namespace {

// "registry" is Go Micro's name for its default.
std::vector<std::string_view> selector_names() {
  std::vector<std::string_view> result;
  for (const auto& x : discovery::known_selectors())
    result.push_back(x.name());
  result.push_back("registry");
  return result;
}

std::vector<std::string_view> registry_names() {
  std::vector<std::string_view> result{"consul", "etcd",   "etcdv3", "gossip",
                                       "mdns",   "memory", "static"};
#ifdef MICA_WITH_ZOOKEEPER
  result.push_back("zookeeper");
#endif
  return result;
}

} // namespace

const std::vector<std::string_view>& part_names(plugin_kind kind) {
  using names = std::vector<std::string_view>;
  static const auto registries = registry_names();
  static const auto selectors = selector_names();
  static const names protocols{"grpc", "mucp"};
  static const names none;
  switch (kind) {
    case plugin_kind::registry:
      return registries;
    case plugin_kind::selector:
      return selectors;
    case plugin_kind::transport:
      return known_transports();
    case plugin_kind::broker:
      return known_brokers();
    case plugin_kind::client:
    case plugin_kind::server:
      return protocols;
    case plugin_kind::codec:
      break;
  }
  return none;
}

} // namespace mica::detail
