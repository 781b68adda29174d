#include "mdns/responder.hpp"

#include "mdns/advert.hpp"

#include <algorithm>

namespace mica::discovery::mdns {

using namespace std::chrono_literals;

namespace {

/// Go Micro's values; nobody looks at them.
constexpr uint16_t srv_priority = 10;
constexpr uint16_t srv_weight = 1;

uint32_t wire_ttl(std::chrono::nanoseconds lease) {
  if (lease.count() == 0)
    return default_ttl;
  auto seconds = std::chrono::ceil<std::chrono::seconds>(lease).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds, 1, default_ttl));
}

mica::error with_context(mica::error x, const service_record& record,
                         const node& which) {
  x.detail = "can't register \"" + record.name + "\" with mdns: node \"" + which.id
             + "\": " + x.detail;
  if (x.reason == errc::limit_exceeded)
    x.detail += "; give it fewer endpoints or less metadata, or use another registry";
  return x;
}

} // namespace

expected<responder::instance> responder::make(const service_record& record,
                                              const node& which) const {
  instance result;
  result.content = {
      record.name, record.version, record.metadata, record.endpoints, {which}};
  std::string why;
  auto address = parse_host_port(which.address, why);
  if (!address)
    return mica::error{errc::invalid_argument,
                       "address \"" + which.address + "\" " + why};
  result.address = *address;
  result.name = names_.instance(which.id, record.name);
  result.text = write_advert(record, which);
  // The whole message with room for the question of a reply and many addresses.
  message largest;
  largest.questions.push_back({result.name, rr_type::ptr, false});
  largest.answers = records(result, default_ttl, nullptr);
  auto bytes = write_message(largest);
  if (!bytes)
    return bytes.error();
  if (auto entry = check_name(names_.list_entry(record.name)); !entry)
    return entry.error();
  constexpr size_t address_room = 1'024;
  if (bytes->size() + address_room > max_datagram_bytes)
    return mica::error{errc::limit_exceeded,
                       "its records would have " + std::to_string(bytes->size())
                           + " bytes; one UDP datagram holds "
                           + std::to_string(max_datagram_bytes - address_room)
                           + " of them"};
  return result;
}

expected<void> responder::add(const service_record& record,
                              std::chrono::nanoseconds ttl, time_point now) {
  std::vector<std::pair<key, instance>> fresh;
  std::vector<instance*> renewed;
  for (auto& which : record.nodes) {
    auto known = instances_.find({record.name, which.id});
    if (known != instances_.end()) {
      auto& content = known->second.content;
      if (content.nodes[0] == which && content.version == record.version
          && content.metadata == record.metadata
          && content.endpoints == record.endpoints) {
        renewed.push_back(&known->second);
        continue;
      }
    }
    auto made = make(record, which);
    if (!made)
      return with_context(made.error(), record, which);
    fresh.emplace_back(key{record.name, which.id}, std::move(*made));
  }
  auto added = std::count_if(fresh.begin(), fresh.end(), [this](auto& x) {
    return instances_.count(x.first) == 0;
  });
  if (instances_.size() + static_cast<size_t>(added) > limits_.own_nodes)
    return mica::error{errc::limit_exceeded,
                       "can't register \"" + record.name
                           + "\" with mdns: this process may register "
                           + std::to_string(limits_.own_nodes) + " nodes"};
  for (auto& [where, x] : fresh) {
    x.changed = now;
    auto& held = instances_[where];
    held = std::move(x);
    renewed.push_back(&held);
    schedule(held, now);
  }
  for (auto held : renewed) {
    held->ttl = wire_ttl(ttl);
    held->expires.reset();
    if (ttl.count() > 0) {
      held->expires = now + std::chrono::duration_cast<time_point::duration>(ttl);
      next_ = std::min(next_.value_or(*held->expires), *held->expires);
    }
  }
  return {};
}

bool responder::remove(const std::string& service, const std::string& id,
                       outcome& out) {
  auto found = instances_.find({service, id});
  if (found == instances_.end())
    return false;
  announce(found->second, 0, out);
  instances_.erase(found);
  return true;
}

void responder::farewell(outcome& out) {
  for (auto& kvp : instances_)
    announce(kvp.second, 0, out);
  instances_.clear();
  next_.reset();
}

void responder::links(const std::vector<link>& now_up, time_point now) {
  if (links_ == now_up)
    return;
  links_ = now_up;
  for (auto& kvp : instances_) {
    kvp.second.announced = 0;
    kvp.second.changed = now;
    schedule(kvp.second, now);
  }
}

void responder::defend(const std::string& service, const std::string& id,
                       time_point now) {
  auto found = instances_.find({service, id});
  // Two peers that take back each other's records must not make a storm.
  if (found == instances_.end() || now - found->second.last_defence < 1s)
    return;
  found->second.last_defence = now;
  schedule(found->second, now);
}

void responder::schedule(instance& x, time_point at) {
  x.next = at;
  next_ = std::min(next_.value_or(at), at);
}

void responder::tick(time_point now, outcome& out) {
  if (!next_ || now < *next_)
    return;
  next_.reset();
  auto quota = limits_.announcements_at_once;
  for (auto i = instances_.begin(); i != instances_.end();) {
    auto& x = i->second;
    if (x.expires && *x.expires <= now) {
      announce(x, 0, out);
      i = instances_.erase(i);
      continue;
    }
    if (x.next <= now && quota > 0) {
      --quota;
      announce(x, x.ttl, out);
      x.announced = std::min(x.announced + 1, std::size(announce_at));
      // Afterwards twice in a TTL, so that one lost datagram costs nothing.
      x.next = x.announced < std::size(announce_at)
                   ? std::max(x.changed + announce_at[x.announced], now + limits_.pause)
                   : now + std::chrono::milliseconds{x.ttl * 500};
    }
    // What the quota held back comes after a pause.
    schedule(x, x.next);
    if (x.expires)
      next_ = std::min(*next_, *x.expires);
    ++i;
  }
  if (next_ && *next_ <= now)
    next_ = now + limits_.pause;
}

std::vector<record> responder::records(const instance& x, uint32_t ttl,
                                       const link* via) const {
  std::vector<record> result;
  result.push_back({names_.service(x.content.name), ttl, ptr_data{x.name}});
  // SRV before the address: Go Micro joins an address through the target it saw.
  result.push_back(
      {x.name, ttl, srv_data{srv_priority, srv_weight, x.address.port, host_}});
  if (!x.address.host.unspecified()) {
    result.push_back({host_, ttl, x.address.host});
  } else if (via != nullptr) {
    constexpr size_t most = 16;
    for (auto v6 : {false, true})
      for (auto& range : via->networks)
        if (range.address.v6 == v6 && (!v6 || x.address.host.v6)
            && !(v6 && range.address.link_local()) && result.size() < most)
          result.push_back({host_, ttl, range.address});
  }
  result.push_back({x.name, ttl, txt_data{x.text}});
  return result;
}

void responder::announce(const instance& x, uint32_t ttl, outcome& out) const {
  if (!x.address.host.unspecified())
    return send_to_links(x, ttl, nullptr, out);
  for (auto& each : links_)
    send_to_links(x, ttl, &each, out);
}

void responder::send_to_links(const instance& x, uint32_t ttl, const link* via,
                              outcome& out) const {
  message m;
  m.response = true;
  m.authoritative = true;
  m.answers = records(x, ttl, via);
  if (auto bytes = write_message(m))
    out.packets.push_back({std::move(*bytes),
                           packet::destination::group,
                           {},
                           via != nullptr ? via->index : 0});
}

const link* responder::find_link(uint32_t index) const {
  for (auto& x : links_)
    if (x.index == index)
      return &x;
  // A datagram from this machine to its own address comes over the loopback.
  return links_.empty() ? nullptr : &links_.front();
}

host_port responder::reachable(host_port x) const {
  if (!x.host.unspecified())
    return x;
  for (auto& each : links_)
    for (auto& range : each.networks)
      if (!range.address.v6 || (x.host.v6 && !range.address.link_local())) {
        x.host = range.address;
        return x;
      }
  return x;
}

} // namespace mica::discovery::mdns
