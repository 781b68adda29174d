#include "io/name_cache.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

const name_cache::answer* name_cache::find(const std::string& name,
                                           time_point now) const {
  auto i = entries_.find(name);
  return i != entries_.end() && now < i->second.until ? &i->second.what : nullptr;
}

void name_cache::add(const std::string& name, answer what, time_point now) {
  auto ttl = what ? positive_ttl : negative_ttl;
  entries_.insert_or_assign(name, entry{std::move(what), now + ttl});
  if (entries_.size() <= max_names)
    return;
  auto oldest = std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& x, const auto& y) { return x.second.until < y.second.until; });
  entries_.erase(oldest);
}

} // namespace mica::net
