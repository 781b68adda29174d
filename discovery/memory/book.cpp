#include "memory/book.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery::memory {

namespace {

bool lists(const service_record& record, const std::string& id) {
  return std::any_of(record.nodes.begin(), record.nodes.end(),
                     [&](const node& x) { return x.id == id; });
}

} // namespace

template <class Drop>
bool book::prune(const std::string& service, service_entry& from, Drop drop) {
  auto changed = false;
  for (auto i = from.begin(); i != from.end();) {
    auto& leases = i->second.leases;
    for (auto j = leases.begin(); j != leases.end();) {
      if (!drop(i->first, std::as_const(j->second))) {
        ++j;
        continue;
      }
      set_expiry(service, j->second, std::nullopt);
      j = leases.erase(j);
      changed = true;
    }
    i = leases.empty() ? from.erase(i) : std::next(i);
  }
  return changed;
}

void book::set_expiry(const std::string& service, lease& x,
                      std::optional<time_point> to) {
  if (x.expires)
    deadlines_.erase({*x.expires, service, x.holder.id});
  x.expires = to;
  if (to)
    deadlines_.emplace(*to, service, x.holder.id);
}

bool book::put(service_record record, std::optional<time_point> expires) {
  const auto service = record.name;
  auto& known = services_[service];
  auto changed = prune(service, known, [&](const std::string& version, const lease& x) {
    return version != record.version && lists(record, x.holder.id);
  });
  auto& mine = known[record.version];
  if (mine.metadata != record.metadata || mine.endpoints != record.endpoints) {
    mine.metadata = std::move(record.metadata);
    mine.endpoints = std::move(record.endpoints);
    changed = true;
  }
  for (auto& x : record.nodes) {
    auto& held = mine.leases[x.id];
    if (held.holder != x) {
      held.holder = std::move(x);
      changed = true;
    }
    set_expiry(service, held, expires);
  }
  return changed;
}

bool book::renew(const std::string& service, const std::string& version,
                 const std::string& id, std::optional<time_point> expires) {
  auto known = services_.find(service);
  if (known == services_.end())
    return false;
  auto mine = known->second.find(version);
  if (mine == known->second.end())
    return false;
  auto held = mine->second.leases.find(id);
  if (held == mine->second.leases.end())
    return false;
  set_expiry(service, held->second, expires);
  return true;
}

bool book::remove(const service_record& record) {
  auto found = services_.find(record.name);
  if (found == services_.end())
    return false;
  auto changed =
      prune(record.name, found->second, [&](const std::string&, const lease& x) {
        return lists(record, x.holder.id);
      });
  if (found->second.empty())
    services_.erase(found);
  return changed;
}

std::vector<std::string> book::expire(time_point now) {
  std::set<std::string> due;
  for (const auto& [time, service, id] : deadlines_) {
    if (time > now)
      break;
    due.insert(service);
  }
  for (const auto& service : due) {
    auto found = services_.find(service);
    prune(service, found->second, [&](const std::string&, const lease& x) {
      return x.expires && *x.expires <= now;
    });
    if (found->second.empty())
      services_.erase(found);
  }
  return {due.begin(), due.end()};
}

std::optional<time_point> book::next_expiry() const {
  if (deadlines_.empty())
    return std::nullopt;
  return std::get<time_point>(*deadlines_.begin());
}

snapshot book::get(const std::string& service) const {
  snapshot result{service, {}, std::nullopt};
  auto found = services_.find(service);
  if (found != services_.end())
    for (const auto& [version, entry] : found->second)
      result.versions.push_back(to_record(service, version, entry));
  return result;
}

std::vector<service_record> book::list() const {
  std::vector<service_record> result;
  for (const auto& [service, versions] : services_)
    for (const auto& [version, entry] : versions)
      result.push_back(to_record(service, version, entry));
  return result;
}

service_record book::to_record(const std::string& service, const std::string& version,
                               const version_entry& x) {
  service_record result{service, version, x.metadata, x.endpoints, {}};
  result.nodes.reserve(x.leases.size());
  for (const auto& held : x.leases)
    result.nodes.push_back(held.second.holder);
  return result;
}

} // namespace mica::discovery::memory
