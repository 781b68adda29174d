#include "records/merge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mica::discovery {

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

snapshot merge_service(const std::string& service, const stored_records& from,
                       ignored_input& ignored) {
  versions all;
  std::set<std::string> ids;
  for (const auto& [key, value] : from) {
    std::string why;
    auto record = parse_service_record(value, why);
    if (!record)
      ignored.add("key " + key + ": " + why);
    else if (record->name == service)
      add(all, std::move(*record), ids, ignored);
  }
  return {service, sorted(std::move(all)), std::nullopt};
}

std::vector<service_record> merge_services(const stored_records& from,
                                           ignored_input& ignored) {
  std::map<std::string, versions> all;
  std::map<std::string, std::set<std::string>> ids;
  for (const auto& [key, value] : from) {
    std::string why;
    auto record = parse_service_record(value, why);
    if (!record) {
      ignored.add("key " + key + ": " + why);
      continue;
    }
    auto name = record->name;
    add(all[name], std::move(*record), ids[name], ignored);
  }
  std::vector<service_record> result;
  for (auto& [name, of_one] : all)
    for (auto& record : sorted(std::move(of_one)))
      result.push_back(std::move(record));
  return result;
}

} // namespace mica::discovery
