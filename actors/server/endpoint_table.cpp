#include "server/endpoint_table.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

std::string full_name(const service_descriptor& service) {
  auto result = std::string{service.package};
  if (!result.empty())
    result += '.';
  result += service.name;
  return result;
}

} // namespace

expected<void> endpoint_table::add(const service_descriptor& service, size_t handler,
                                   bool internal, owner whose) {
  if (whose == owner::program)
    for (const auto& method : service.methods)
      if (auto i = entries_.find(method.endpoint);
          i != entries_.end() && i->second.whose == owner::program)
        return error{errc::conflict, "endpoint " + std::string{method.endpoint}
                                         + " has two handlers; remove one"};
  for (size_t i = 0; i < service.methods.size(); ++i) {
    const auto& method = service.methods[i];
    target added{handler, i, &method, internal, full_name(service)};
    auto [where, fresh] =
        entries_.try_emplace(std::string{method.endpoint}, entry{added, whose, {}});
    auto& known = where->second;
    if (!fresh) {
      if (whose == owner::program) {
        known.whose = whose;
        std::swap(known.first, added);
      }
      known.others.push_back(std::move(added));
    }
    if (!internal)
      names_.emplace_back(method.endpoint);
  }
  std::sort(names_.begin(), names_.end());
  return {};
}

const endpoint_table::target* endpoint_table::find(std::string_view service,
                                                   std::string_view endpoint) const {
  auto i = entries_.find(endpoint);
  if (i == entries_.end())
    return nullptr;
  const auto& found = i->second;
  if (found.first.service != service)
    for (const auto& other : found.others)
      if (other.service == service)
        return &other;
  return &found.first;
}

std::vector<endpoint> endpoint_table::advertised() const {
  std::vector<endpoint> result;
  for (const auto& [name, x] : entries_)
    if (!x.first.internal)
      result.push_back(describe(*x.first.descriptor));
  std::sort(result.begin(), result.end(),
            [](const endpoint& a, const endpoint& b) { return a.name < b.name; });
  return result;
}

} // namespace mica::detail
