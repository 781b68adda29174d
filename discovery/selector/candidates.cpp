#include "mica/discovery/selector.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mica::discovery {

namespace {

bool precedes(const candidate& x, const candidate& y) {
  return std::tie(x.version->version, x.where->id)
         < std::tie(y.version->version, y.where->id);
}

void collect(const snapshot& from, std::span<const filter> filters,
             std::span<const std::string> tried, std::vector<candidate>& out) {
  for (const auto& version : from.versions)
    for (const auto& where : version.nodes) {
      auto x = candidate{&version, &where};
      auto keeps = [&](const filter& f) { return f(x); };
      if (std::find(tried.begin(), tried.end(), where.address) == tried.end()
          && std::all_of(filters.begin(), filters.end(), keeps))
        out.push_back(x);
    }
}

} // namespace

filter filter_version(std::string version) {
  return [version = std::move(version)](const candidate& x) {
    return x.version->version == version;
  };
}

filter filter_label(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](const candidate& x) {
    auto found = x.where->metadata.find(key);
    return found == x.where->metadata.end() ? value.empty() : found->second == value;
  };
}

filter filter_endpoint(std::string endpoint) {
  return [endpoint = std::move(endpoint)](const candidate& x) {
    const auto& xs = x.version->endpoints;
    return std::any_of(xs.begin(), xs.end(),
                       [&](const auto& y) { return y.name == endpoint; });
  };
}

std::vector<candidate> candidates(const snapshot& from, std::span<const filter> filters,
                                  std::span<const std::string> tried) {
  size_t nodes = 0;
  for (const auto& version : from.versions)
    nodes += version.nodes.size();
  std::vector<candidate> result;
  result.reserve(nodes);
  collect(from, filters, tried, result);
  if (result.empty() && !tried.empty())
    collect(from, filters, {}, result);
  // Registries sort; a snapshot made by hand need not be.
  if (!std::is_sorted(result.begin(), result.end(), precedes))
    std::sort(result.begin(), result.end(), precedes);
  return result;
}

} // namespace mica::discovery
