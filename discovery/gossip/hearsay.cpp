#include "gossip/catalog.hpp"

#include "records/validate.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

namespace mica::discovery::gossip {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr size_t max_deletions = 4'096;

std::optional<milliseconds> told_ttl(const update& x) {
  auto found = x.metadata.find(std::string{ttl_key});
  if (found == x.metadata.end())
    return std::nullopt;
  uint32_t value = 0;
  auto& text = found->second;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return milliseconds{value};
}

std::string told_member(const update& x) {
  auto found = x.metadata.find(std::string{member_key});
  return found == x.metadata.end() ? std::string{} : found->second;
}

} // namespace

void catalog::refuse(uint64_t& counter, std::string why) {
  ++counter;
  counters_.last_failure = std::move(why);
}

bool catalog::newer(const key& k, uint64_t stamp) const {
  if (auto known = known_.find(k); known != known_.end())
    if (known->second.own || known->second.stamp >= stamp)
      return false;
  auto grave = graves_.find(k);
  return grave == graves_.end() || grave->second.stamp < stamp;
}

bool catalog::room_for(const key& k, size_t bytes) const {
  auto service = nodes_.find(k.first);
  if (service == nodes_.end() && nodes_.size() >= limits_.services)
    return false;
  auto known = known_.find(k);
  auto held = known == known_.end() ? 0 : known->second.bytes;
  if (known == known_.end() && service != nodes_.end()
      && service->second >= limits_.nodes_per_service)
    return false;
  return foreign_bytes_ - held + bytes <= limits_.record_bytes;
}

// By the clock of who registered if it says no more; else by what it had left, but not
// much beyond: old messages must not live again.
std::optional<nanoseconds> catalog::lease(uint64_t stamp,
                                          std::optional<milliseconds> left, moment at) {
  if (stamp == 0)
    return std::min<nanoseconds>(left.value_or(adopted_lease), adopted_lease);
  nanoseconds most = max_lease;
  if (stamp > static_cast<uint64_t>((at.wall + most + max_skew).count())) {
    refuse(counters_.bad_lease, "gossip: a lease of more than a day");
    return std::nullopt;
  }
  auto by_clock = nanoseconds{static_cast<int64_t>(stamp)} - at.wall;
  auto result = by_clock;
  if (left)
    result = std::min<nanoseconds>(*left, by_clock + max_skew);
  if (result.count() <= 0) {
    refuse(counters_.bad_lease,
           "gossip: a lease had ended before it came; are the clocks apart?");
    return std::nullopt;
  }
  return std::min(result, most);
}

bool catalog::adopt(service_record record, uint64_t stamp, const std::string& member,
                    nanoseconds lease, moment at, catalog_outcome& out) {
  auto bytes = to_json(record).size() / record.nodes.size();
  std::erase_if(record.nodes, [&](const node& x) {
    key k{record.name, x.id};
    if (!newer(k, stamp)) {
      ++counters_.repeated;
      return true;
    }
    if (!room_for(k, bytes)) {
      refuse(counters_.refused, "gossip: no room for " + x.id + " of " + record.name);
      return true;
    }
    set(k, {stamp, record.version, member, false, at.now + lease, bytes, at.now});
    return false;
  });
  if (record.nodes.empty())
    return false;
  auto service = record.name;
  if (book_.put(std::move(record), at.now + lease))
    out.changed.insert(service);
  return true;
}

void catalog::receive(std::string_view bytes, moment at, catalog_outcome& out) {
  auto x = parse_update(bytes);
  if (!x)
    return refuse(counters_.broken, x.error().detail);
  // Other kinds are not for us.
  if (x->type != update::service_type
      || x->metadata["Content-Type"] != "application/json")
    return;
  std::string why;
  auto record = parse_service_record(x->data, why);
  if (!record)
    return refuse(counters_.broken, "gossip: no record: " + why);
  if (auto wrong = validate(*record, nanoseconds{0});
      wrong && x->what != update::remove)
    return refuse(counters_.broken, "gossip: " + wrong.detail);
  if (x->what == update::create || x->what == update::change)
    hear_create(*x, std::move(*record), bytes, at, out);
  else if (x->what == update::remove)
    hear_remove(std::move(*x), *record, bytes, at, out);
}

void catalog::hear_create(const update& x, service_record record,
                          std::string_view bytes, moment at, catalog_outcome& out) {
  auto foreign = [&](const node& n) {
    auto known = known_.find({record.name, n.id});
    return known != known_.end() && known->second.own
           && known->second.stamp < x.expires;
  };
  if (std::any_of(record.nodes.begin(), record.nodes.end(), foreign))
    refuse(counters_.foreign,
           "gossip: somebody else registers a node of ours of " + record.name);
  // Ours of long ago.
  auto member = told_member(x);
  if (member == member_)
    return;
  auto time = lease(x.expires, told_ttl(x), at);
  if (!time)
    return;
  auto name = about(record);
  if (adopt(std::move(record), x.expires, member, *time, at, out))
    out.to_tell.push_back({std::move(name), std::string{bytes}, false});
}

catalog::time_point catalog::first_heard(std::string_view bytes, moment at) {
  if (deletions_.size() >= max_deletions)
    deletions_.clear();
  auto heard =
      deletions_.try_emplace(std::hash<std::string_view>{}(bytes), at.now).first;
  if (at.now - heard->second > repetition_time)
    heard->second = at.now;
  return heard->second;
}

void catalog::hear_remove(update x, const service_record& record,
                          std::string_view bytes, moment at, catalog_outcome& out) {
  auto heard = x.expires == 0 ? first_heard(bytes, at) : at.now;
  if (x.expires > static_cast<uint64_t>((at.wall + max_lease + max_skew).count()))
    return refuse(counters_.bad_lease, "gossip: a node deleted for more than a day");
  service_record gone{record.name, record.version, {}, {}, {}};
  auto stamp = x.expires;
  for (auto& n : record.nodes) {
    key k{record.name, n.id};
    auto known = known_.find(k);
    if (known == known_.end()) {
      if (x.expires > 0 && newer(k, x.expires))
        bury(k, x.expires, at);
      continue;
    }
    auto& held = known->second;
    auto older = x.expires > 0 ? x.expires < held.stamp : held.since > heard;
    if (older) {
      ++counters_.repeated;
      continue;
    }
    if (held.own) {
      refuse(counters_.foreign,
             "gossip: somebody else deregisters a node of ours of " + record.name);
      if (!object_at_)
        object_at_ = std::max(at.now, object_after_);
      continue;
    }
    stamp = std::max(stamp, held.stamp);
    gone.nodes.push_back(n);
  }
  if (gone.nodes.empty())
    return;
  for (auto& n : gone.nodes) {
    forget({record.name, n.id});
    bury({record.name, n.id}, stamp, at);
  }
  if (book_.remove(gone))
    out.changed.insert(record.name);
  // Passed on with a stamp, so that it can't hit a later registration.
  x.expires = stamp;
  out.to_tell.push_back({about(gone), write(x), false});
}

void catalog::merge(std::string_view state, moment at, catalog_outcome& out) {
  auto refused = read_state(state, [&](shared_record x) {
    if (validate(x.record, nanoseconds{0}) || x.member == member_) {
      ++counters_.foreign;
      return;
    }
    std::optional<milliseconds> left;
    if (x.left.count() > 0)
      left = x.left;
    if (auto time = lease(x.stamp, left, at))
      adopt(std::move(x.record), x.stamp, x.member, *time, at, out);
  });
  if (!refused)
    return refuse(counters_.broken, refused.error().detail);
  counters_.broken += *refused;
}

void catalog::drop_member(const std::string& name, moment at, catalog_outcome& out) {
  std::vector<key> gone;
  for (auto& [k, x] : known_)
    if (!x.own && x.member == name)
      gone.push_back(k);
  for (auto& k : gone) {
    bury(k, known_.find(k)->second.stamp, at, name);
    forget(k);
    if (book_.remove({k.first, {}, {}, {}, {{k.second, {}, {}}}}))
      out.changed.insert(k.first);
  }
}

void catalog::welcome_member(const std::string& name) {
  for (auto i = graves_.begin(); i != graves_.end();) {
    if (i->second.member != name) {
      ++i;
      continue;
    }
    grave_ends_.erase({i->second.until, i->first});
    i = graves_.erase(i);
  }
}

} // namespace mica::discovery::gossip
