#include "records/validate.hpp"

#include <set>
#include <string_view>

namespace mica::discovery {

namespace {

error refuse(const service_record& record, std::string text) {
  return {errc::invalid_argument, "can't register \"" + record.name + "\": " + text};
}

} // namespace

error validate(const service_record& record, std::chrono::nanoseconds ttl) {
  if (record.name.empty())
    return {errc::invalid_argument, "can't register a service without a name"};
  if (ttl.count() < 0)
    return refuse(record, "the TTL is negative; zero means without end");
  if (record.nodes.empty())
    return refuse(record, "it has no node");
  std::set<std::string_view> ids;
  for (const auto& x : record.nodes) {
    if (x.id.empty())
      return refuse(record, "a node has no id");
    if (x.address.empty())
      return refuse(record, "node \"" + x.id + "\" has no address");
    if (!ids.insert(x.id).second)
      return refuse(record, "two nodes have the id \"" + x.id + "\"");
  }
  return {};
}

} // namespace mica::discovery
