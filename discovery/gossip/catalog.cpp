#include "gossip/catalog.hpp"

#include "records/validate.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

namespace {

using std::chrono::nanoseconds;

update new_update(update::action what, uint64_t stamp, const std::string& member,
                  const service_record& record) {
  update result;
  result.expires = stamp;
  result.what = what;
  result.metadata = {{"Content-Type", "application/json"},
                     {std::string{member_key}, member}};
  result.data = to_json(record);
  return result;
}

/// What is needed to take nodes away.
service_record without_details(const service_record& x) {
  service_record result{x.name, x.version, {}, {}, x.nodes};
  for (auto& node : result.nodes)
    node.metadata.clear();
  return result;
}

} // namespace

std::string about(const service_record& record) {
  auto result = record.name;
  for (auto& x : record.nodes)
    result += '\0' + x.id;
  return result;
}

catalog::catalog(std::string member, gossip_limits limits)
  : member_(std::move(member)),
    limits_(limits) {
  // nop
}

void catalog::set(const key& k, entry x) {
  forget(k);
  ++nodes_[k.first];
  foreign_bytes_ += x.bytes;
  if (x.expires)
    deadlines_.emplace(*x.expires, k);
  known_.emplace(k, std::move(x));
}

void catalog::forget(const key& k) {
  auto found = known_.find(k);
  if (found == known_.end())
    return;
  if (found->second.expires)
    deadlines_.erase({*found->second.expires, k});
  foreign_bytes_ -= found->second.bytes;
  if (auto count = nodes_.find(k.first); --count->second == 0)
    nodes_.erase(count);
  known_.erase(found);
}

void catalog::bury(const key& k, uint64_t stamp, moment at, const std::string& member) {
  auto wall = static_cast<uint64_t>(at.wall.count());
  auto left = stamp > wall ? nanoseconds{stamp - wall} : nanoseconds{0};
  auto until = at.now + std::min<nanoseconds>(left, max_lease) + max_skew;
  auto& grave = graves_[k];
  grave_ends_.erase({grave.until, k});
  grave = {std::max(grave.stamp, stamp), until, member};
  grave_ends_.emplace(until, k);
  while (graves_.size() > limits_.tombstones) {
    graves_.erase(grave_ends_.begin()->second);
    grave_ends_.erase(grave_ends_.begin());
  }
}

// Later than everything that was ever said about these nodes.
uint64_t catalog::new_stamp(const service_record& record, nanoseconds ttl,
                            moment at) const {
  auto result = static_cast<uint64_t>((at.wall + ttl).count());
  for (auto& x : record.nodes) {
    key k{record.name, x.id};
    if (auto known = known_.find(k); known != known_.end())
      result = std::max(result, known->second.stamp + 1);
    if (auto grave = graves_.find(k); grave != graves_.end())
      result = std::max(result, grave->second.stamp + 1);
  }
  return result;
}

void catalog::tell(const own_group& group, moment at, catalog_outcome& out) {
  nanoseconds ttl = endless_lease;
  if (group.expires)
    ttl = std::max(*group.expires - at.now, nanoseconds{0});
  else if (!renew_at_)
    renew_at_ = at.now + endless_renewal;
  auto& record = group.record;
  auto stamp = new_stamp(record, ttl, at);
  for (auto& x : record.nodes) {
    key k{record.name, x.id};
    set(k, {stamp, record.version, member_, true, group.expires, 0, at.now});
    if (auto grave = graves_.find(k); grave != graves_.end()) {
      grave_ends_.erase({grave->second.until, k});
      graves_.erase(grave);
    }
  }
  auto message = new_update(update::create, stamp, member_, record);
  auto left = std::chrono::ceil<std::chrono::milliseconds>(ttl);
  message.metadata[std::string{ttl_key}] = std::to_string(left.count());
  out.to_tell.push_back({about(record), write(message), true});
}

expected<void> catalog::put(const service_record& record, nanoseconds ttl, moment at,
                            catalog_outcome& out) {
  if (auto wrong = validate(record, ttl))
    return wrong;
  auto known = nodes_.find(record.name);
  if (known == nodes_.end() && nodes_.size() >= limits_.services)
    return mica::error{errc::limit_exceeded,
                       "gossip: more than " + std::to_string(limits_.services)
                           + " services; raise gossip_limits::services"};
  auto added = static_cast<size_t>(
      std::count_if(record.nodes.begin(), record.nodes.end(), [&](const node& x) {
        return !known_.contains({record.name, x.id});
      }));
  if ((known == nodes_.end() ? 0 : known->second) + added > limits_.nodes_per_service)
    return mica::error{errc::limit_exceeded,
                       "gossip: more than " + std::to_string(limits_.nodes_per_service)
                           + " nodes of " + record.name
                           + "; raise gossip_limits::nodes_per_service"};
  own_group group{record, std::nullopt};
  if (ttl.count() > 0)
    group.expires = at.now + std::min<nanoseconds>(ttl, max_lease);
  if (book_.put(record, group.expires))
    out.changed.insert(record.name);
  tell(group, at, out);
  return {};
}

void catalog::remove(const service_record& record, moment at, catalog_outcome& out) {
  auto gone = without_details(record);
  std::erase_if(gone.nodes, [&](const node& x) {
    return !known_.contains({record.name, x.id});
  });
  if (gone.nodes.empty())
    return;
  auto stamp = new_stamp(gone, nanoseconds{0}, at);
  for (auto& x : gone.nodes) {
    forget({record.name, x.id});
    bury({record.name, x.id}, stamp, at);
  }
  if (book_.remove(gone))
    out.changed.insert(record.name);
  out.to_tell.push_back(
      {about(gone), write(new_update(update::remove, stamp, member_, gone)), true});
}

std::vector<catalog::own_group> catalog::own_groups() const {
  std::vector<own_group> result;
  for (auto& [service, count] : nodes_)
    for (auto& version : book_.get(service).versions) {
      std::map<std::optional<time_point>, std::vector<node>> by_lease;
      for (auto& x : version.nodes) {
        auto known = known_.find({service, x.id});
        if (known != known_.end() && known->second.own)
          by_lease[known->second.expires].push_back(x);
      }
      for (auto& [expires, nodes] : by_lease) {
        own_group group{version, expires};
        group.record.nodes = std::move(nodes);
        result.push_back(std::move(group));
      }
    }
  return result;
}

void catalog::announce(moment at, catalog_outcome& out) {
  for (auto& group : own_groups())
    tell(group, at, out);
}

std::vector<std::string> catalog::farewell(moment at) {
  std::vector<std::string> result;
  for (auto& group : own_groups()) {
    auto gone = without_details(group.record);
    auto stamp = new_stamp(gone, nanoseconds{0}, at);
    result.push_back(write(new_update(update::remove, stamp, member_, gone)));
  }
  return result;
}

void catalog::expire(moment at, catalog_outcome& out) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= at.now) {
    auto k = deadlines_.begin()->second;
    auto stamp = known_.find(k)->second.stamp;
    forget(k);
    bury(k, stamp, at);
  }
  for (auto& service : book_.expire(at.now))
    out.changed.insert(service);
  while (!grave_ends_.empty() && grave_ends_.begin()->first <= at.now) {
    graves_.erase(grave_ends_.begin()->second);
    grave_ends_.erase(grave_ends_.begin());
  }
}

void catalog::tick(moment at, catalog_outcome& out) {
  expire(at, out);
  std::erase_if(deletions_,
                [&](const auto& x) { return at.now - x.second > repetition_time; });
  if (object_at_ && *object_at_ <= at.now) {
    object_at_.reset();
    object_after_ = at.now + objection_pause;
    announce(at, out);
  }
  if (!renew_at_ || *renew_at_ > at.now)
    return;
  renew_at_.reset();
  for (auto& group : own_groups())
    if (!group.expires)
      tell(group, at, out);
}

std::optional<catalog::time_point> catalog::next() const {
  auto result = renew_at_;
  auto sooner = [&](time_point x) { result = std::min(result.value_or(x), x); };
  if (object_at_)
    sooner(*object_at_);
  if (!deadlines_.empty())
    sooner(deadlines_.begin()->first);
  if (!grave_ends_.empty())
    sooner(grave_ends_.begin()->first);
  return result;
}

std::vector<service_record> catalog::list() const {
  return book_.list();
}

std::set<std::string> catalog::foreign_services() const {
  std::set<std::string> result;
  for (auto& [k, x] : known_)
    if (!x.own)
      result.insert(k.first);
  return result;
}

bool catalog::has_foreign(const std::string& service) const {
  auto i = known_.lower_bound({service, {}});
  for (; i != known_.end() && i->first.first == service; ++i)
    if (!i->second.own)
      return true;
  return false;
}

std::string catalog::state(moment at) const {
  state_writer out;
  for (auto& [service, count] : nodes_)
    for (auto& version : book_.get(service).versions) {
      std::map<std::pair<uint64_t, std::string>, shared_record> groups;
      for (auto& x : version.nodes) {
        auto known = known_.find({service, x.id});
        if (known == known_.end())
          continue;
        auto& held = known->second;
        auto& group = groups[{held.stamp, held.member}];
        group.stamp = held.stamp;
        group.member = held.member;
        nanoseconds left = held.expires ? *held.expires - at.now : endless_lease;
        group.left = std::chrono::ceil<std::chrono::milliseconds>(
            std::max(left, nanoseconds{1}));
        group.record.nodes.push_back(x);
      }
      for (auto& [k, group] : groups) {
        auto nodes = std::move(group.record.nodes);
        group.record = {version.name, version.version, version.metadata,
                        version.endpoints, std::move(nodes)};
        // What does not fit is told by its owner.
        out.add(group, limits_.stream_bytes / 2);
      }
    }
  return out.finish();
}

} // namespace mica::discovery::gossip
