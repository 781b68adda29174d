#include "mdns/core.hpp"

#include "records/validate.hpp"

#include <algorithm>

namespace mica::discovery::mdns {

namespace {

constexpr size_t max_tombstones = 1'000;

} // namespace

core::core(core_options options)
  : options_(std::move(options)),
    names_(options_.domain),
    responder_(names_, options_.host, options_.limits),
    querier_(names_, options_.limits, options_.timeout, options_.seed),
    received_(options_.limits.datagrams_per_source) {
  // nop
}

void core::links(std::vector<link> now_up, uint16_t query_port, time_point now) {
  responder_.links(now_up, now);
  links_ = std::move(now_up);
  query_port_ = query_port;
}

expected<void> core::add(const service_record& record, std::chrono::nanoseconds ttl,
                         time_point now, outcome& out) {
  if (auto wrong = validate(record, ttl))
    return wrong;
  if (auto ok = responder_.add(record, ttl, now); !ok)
    return ok;
  auto shown = record;
  auto& ids = own_[record.name];
  for (auto& x : shown.nodes) {
    ids.insert(x.id);
    tombstones_.erase({record.name, x.id});
    querier_.forget(record.name, x.id);
    std::string why;
    if (auto address = parse_host_port(x.address, why))
      x.address = to_string(responder_.reachable(*address));
  }
  std::optional<time_point> expires;
  if (ttl.count() > 0)
    expires = now + std::chrono::duration_cast<time_point::duration>(ttl);
  if (book_.put(std::move(shown), expires))
    mark(record.name, out);
  tick(now, out);
  return {};
}

void core::remove(const service_record& record, time_point now, outcome& out) {
  auto own = own_.find(record.name);
  service_record removed{record.name, {}, {}, {}, {}};
  for (auto& x : record.nodes) {
    if (!responder_.remove(record.name, x.id, out))
      continue;
    if (tombstones_.size() < max_tombstones)
      tombstones_[{record.name, x.id}] = now + tombstone_time;
    if (own != own_.end())
      own->second.erase(x.id);
    removed.nodes.push_back(x);
  }
  if (own != own_.end() && own->second.empty())
    own_.erase(own);
  if (book_.remove(removed))
    mark(record.name, out);
}

void core::farewell(outcome& out) {
  responder_.farewell(out);
}

expected<void> core::lookup(uint64_t ticket, const std::string& service, time_point now,
                            outcome& out) {
  expire(now, out);
  return querier_.lookup(ticket, service, book_.knows(service),
                         own_.count(service) != 0, now, out);
}

expected<void> core::list(uint64_t ticket, time_point now, outcome& out) {
  expire(now, out);
  return querier_.list(ticket, !own_.empty(), now, out);
}

expected<void> core::watch(const std::string& service, time_point now, outcome& out) {
  expire(now, out);
  return querier_.watch(service, own_.count(service) != 0, now, out);
}

void core::unwatch(const std::string& service) {
  querier_.unwatch(service);
}

std::vector<service_record> core::services(const std::set<std::string>& others) const {
  auto names = others;
  for (auto& kvp : own_)
    names.insert(kvp.first);
  std::vector<service_record> result;
  for (auto& name : names) {
    auto known = book_.get(name).versions;
    for (auto& x : known)
      result.push_back({name, x.version, {}, {}, {}});
    if (known.empty())
      result.push_back({name, {}, {}, {}, {}});
  }
  return result;
}

void core::receive(datagram from, time_point now, outcome& out) {
  ++counters_.datagrams;
  // The multicast group returns our own queries to us.
  if (from.source.port == query_port_ && own_address(from.source.host))
    return;
  if (!on_link(from)) {
    ++counters_.off_link;
    return;
  }
  if (!received_.take(from.source.host, now)) {
    ++counters_.over_rate;
    return;
  }
  auto parsed = parse_message(from.bytes);
  if (!parsed) {
    ++counters_.malformed;
    counters_.last_failure = to_string(from.source) + ": " + parsed.error().detail;
    return;
  }
  // RFC 6762 sections 18.3 and 18.11: such messages are ignored. So are truncated
  // queries, as by Go Micro: known answers would follow.
  if (parsed->opcode != 0 || parsed->rcode != 0)
    return;
  if (!parsed->response) {
    expire(now, out);
    if (!parsed->truncated)
      responder_.answer(*parsed, from, options_.port, now, out);
    return;
  }
  for (auto& x : querier_.receive(*parsed, from, now, out))
    learn(std::move(x), from, now, out);
}

void core::learn(sighting x, const datagram& from, time_point now, outcome& out) {
  const auto service = x.record.name;
  const auto id = x.record.nodes[0].id;
  if (responder_.owns(service, id)) {
    querier_.forget(service, id);
    if (x.ttl == 0)
      responder_.defend(service, id, now);
    return;
  }
  if (x.ttl == 0) {
    if (book_.remove(x.record))
      mark(service, out);
    return;
  }
  auto buried = tombstones_.find({service, id});
  if (buried != tombstones_.end() && now < buried->second
      && own_address(from.source.host)) {
    querier_.forget(service, id);
    return;
  }
  auto expires = now + std::chrono::seconds{x.ttl};
  if (x.unchanged && book_.renew(service, x.record.version, id, expires))
    return;
  if (book_.put(std::move(x.record), expires))
    mark(service, out);
}

void core::tick(time_point now, outcome& out) {
  expire(now, out);
  responder_.tick(now, out);
  std::erase_if(tombstones_, [now](auto& x) { return x.second <= now; });
  for (auto& service : querier_.tick(now, out)) {
    service_record forgotten{service, {}, {}, {}, {}};
    for (auto& version : book_.get(service).versions)
      for (auto& x : version.nodes)
        if (!responder_.owns(service, x.id))
          forgotten.nodes.push_back(x);
    book_.remove(forgotten);
  }
}

void core::expire(time_point now, outcome& out) {
  if (auto at = book_.next_expiry(); !at || now < *at)
    return;
  for (auto& service : book_.expire(now)) {
    mark(service, out);
    auto own = own_.find(service);
    if (own == own_.end())
      continue;
    // The responder ends the same leases at the same time.
    responder_.tick(now, out);
    std::erase_if(own->second, [&](auto& id) { return !responder_.owns(service, id); });
    if (own->second.empty())
      own_.erase(own);
  }
}

std::optional<time_point> core::next() const {
  auto result = querier_.next();
  for (auto other : {responder_.next(), book_.next_expiry()})
    if (other && (!result || *other < *result))
      result = other;
  return result;
}

void core::mark(const std::string& service, outcome& out) const {
  if (querier_.settled(service))
    out.changed.insert(service);
}

bool core::own_address(const ip_address& x) const {
  for (auto& each : links_)
    for (auto& range : each.networks)
      if (range.address == x)
        return true;
  return false;
}

bool core::on_link(datagram& from) const {
  auto& source = from.source.host;
  for (auto& each : links_) {
    if (each.index != from.link)
      continue;
    // Nothing from outside comes over the loopback. A sender there that names no source
    // address, as Go does, has none: the kernel holds 127.0.0.1 for too narrow.
    if (each.loopback && source.unspecified() && !each.networks.empty())
      source = each.networks.front().address;
    if (each.loopback)
      return true;
    if (source.link_local())
      return true;
    for (auto& range : each.networks)
      if (range.contains(source))
        return true;
  }
  // The kernel never takes an own address for a source from outside.
  return own_address(source);
}

} // namespace mica::discovery::mdns
