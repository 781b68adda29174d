// What strategies see of nodes and calls.

#include "mica/discovery/selector.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery {

namespace {

bool has_label(const labels& in, const std::string& key, const std::string& value) {
  auto found = in.find(key);
  return found == in.end() ? value.empty() : found->second == value;
}

} // namespace

filter filter_version(std::string version) {
  return [version = std::move(version)](const candidate& x) {
    return x.version->version == version;
  };
}

filter filter_label(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](const candidate& x) {
    return has_label(x.where->metadata, key, value);
  };
}

filter filter_endpoint(std::string endpoint) {
  return [endpoint = std::move(endpoint)](const candidate& x) {
    const auto& xs = x.version->endpoints;
    return std::any_of(xs.begin(), xs.end(),
                       [&](const auto& y) { return y.name == endpoint; });
  };
}

filter filter_metadata(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](const candidate& x) {
    return has_label(x.version->metadata, key, value);
  };
}

double candidate::weight(time_point now) const noexcept {
  // Envoy's min_weight_percent.
  constexpr double least = 0.1;
  if (now >= warm_at)
    return 1;
  auto passed = std::chrono::duration<double>(now - came_at).count();
  auto window = std::chrono::duration<double>(warm_at - came_at).count();
  return std::max(least, passed / window);
}

bool choice::usable(size_t index) const {
  const auto& x = *nodes[index];
  if (x.available_at > now && !desperate)
    return false;
  if (!tried.empty()
      && std::find(tried.begin(), tried.end(), x.where->address) != tried.end())
    return false;
  return std::all_of(filters.begin(), filters.end(),
                     [&](const filter& keeps) { return keeps(x); });
}

strategy::~strategy() {
  // nop
}

void strategy::update(std::span<const std::shared_ptr<candidate>>, time_point) {
  // nop
}

void strategy::begun(const candidate&, time_point) {
  // nop
}

void strategy::ended(const candidate&, std::chrono::nanoseconds, call_result,
                     time_point) {
  // nop
}

} // namespace mica::discovery
