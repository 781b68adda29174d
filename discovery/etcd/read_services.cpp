#include "etcd/wire.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mica::discovery::etcd {

namespace {

/// Records of one service by version.
using versions = std::map<std::string, service_record>;

/// Adds the nodes of `record`; the first record of a version says what it offers.
void add(versions& to, service_record record, std::set<std::string>& ids,
         ignored_input& ignored) {
  std::vector<node> nodes;
  nodes.swap(record.nodes);
  auto& into = to.try_emplace(record.version, std::move(record)).first->second;
  for (auto& x : nodes) {
    if (x.id.empty() || x.address.empty())
      ignored.add("a node of " + into.name + " without id or address");
    else if (ids.insert(x.id).second)
      into.nodes.push_back(std::move(x));
  }
}

std::vector<service_record> sorted(versions from) {
  std::vector<service_record> result;
  for (auto& [version, record] : from) {
    std::sort(record.nodes.begin(), record.nodes.end(),
              [](const node& x, const node& y) { return x.id < y.id; });
    if (!record.nodes.empty())
      result.push_back(std::move(record));
  }
  return result;
}

} // namespace

found_service read_service(const std::string& service, const range& from) {
  found_service result;
  result.found.service = service;
  versions all;
  std::set<std::string> ids;
  for (const auto& item : from.items) {
    std::string why;
    auto record = parse_service_record(item.value, why);
    if (!record)
      result.ignored.add("key " + item.key + ": " + why);
    else if (record->name == service)
      add(all, std::move(*record), ids, result.ignored);
  }
  result.found.versions = sorted(std::move(all));
  return result;
}

found_services read_services(const range& from) {
  found_services result;
  std::map<std::string, versions> all;
  std::map<std::string, std::set<std::string>> ids;
  for (const auto& item : from.items) {
    std::string why;
    auto record = parse_service_record(item.value, why);
    if (!record) {
      result.ignored.add("key " + item.key + ": " + why);
      continue;
    }
    auto name = record->name;
    add(all[name], std::move(*record), ids[name], result.ignored);
  }
  for (auto& [name, of_one] : all)
    for (auto& record : sorted(std::move(of_one)))
      result.services.push_back(std::move(record));
  return result;
}

} // namespace mica::discovery::etcd
