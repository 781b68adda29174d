// How a querier reads answers and announcements.

#include "mdns/querier.hpp"

#include "mdns/advert.hpp"

#include <algorithm>

namespace mica::discovery::mdns {

using namespace std::chrono_literals;

namespace {

/// Calls `visit(record)` for each answer and additional, until it returns true.
template <class Visit>
bool any_record(const message& from, Visit visit) {
  return std::any_of(from.answers.begin(), from.answers.end(), visit)
         || std::any_of(from.additionals.begin(), from.additionals.end(), visit);
}

const std::string* find_text(const message& from, const std::string& name) {
  const std::string* result = nullptr;
  any_record(from, [&](const record& x) {
    auto txt = std::get_if<txt_data>(&x.data);
    if (txt == nullptr || x.name != name)
      return false;
    result = &txt->text;
    return true;
  });
  return result;
}

/// The address of `host`: IPv4 first, as Go Micro does. A link-local IPv6 address is
/// none: no node address can name the link.
std::optional<ip_address> find_address(const message& from, const std::string& host) {
  std::optional<ip_address> result;
  any_record(from, [&](const record& x) {
    auto ip = std::get_if<ip_address>(&x.data);
    if (ip == nullptr || x.name != host || (ip->v6 && ip->link_local()))
      return false;
    if (!result || (result->v6 && !ip->v6))
      result = *ip;
    return !result->v6;
  });
  return result;
}

/// Instances followed up at once; beyond, incomplete answers are ignored.
constexpr size_t max_followed = 256;

} // namespace

std::vector<sighting> querier::receive(const message& response, const datagram& from,
                                       time_point now, outcome& out) {
  std::vector<sighting> result;
  if (listing_)
    read_listed(response, now);
  if (interests_.empty())
    return result;
  any_record(response, [&](const record& x) {
    if (std::holds_alternative<srv_data>(x.data)) {
      read_node(response, x, from, now, out, result);
    } else if (auto ptr = std::get_if<ptr_data>(&x.data)) {
      // A responder that names its nodes and leaves the rest to further queries.
      auto service = names_.service_of(x.name);
      if (service && x.ttl > 0 && find(*service) != nullptr
          && !any_record(response, [&](const record& y) {
               return y.name == ptr->target && std::holds_alternative<srv_data>(y.data);
             }))
        follow_up(ptr->target, now, out);
    }
    return false;
  });
  return result;
}

void querier::read_listed(const message& response, time_point now) {
  any_record(response, [&](const record& x) {
    if (!std::holds_alternative<srv_data>(x.data) || x.ttl == 0)
      return false;
    auto service = names_.listed_service(x.name);
    if (service && listed_.size() < limits_.listed_names) {
      listed_.insert(std::move(*service));
      heard(listing_, now);
    }
    return false;
  });
}

void querier::read_node(const message& response, const record& srv,
                        const datagram& from, time_point now, outcome& out,
                        std::vector<sighting>& to) {
  auto whole = names_.service_of(srv.name);
  if (!whole)
    return;
  // Ids and services both may have dots: try every split; the text record decides.
  for (auto dot = whole->find('.'); dot != std::string::npos;
       dot = whole->find('.', dot + 1)) {
    auto service = whole->substr(dot + 1);
    auto x = find(service);
    if (x == nullptr || dot == 0)
      continue;
    auto seen =
        read_known(service, *x, whole->substr(0, dot), response, srv, from, now, out);
    if (!seen)
      continue;
    if (seen->ttl > 0)
      heard(x->collecting, now);
    to.push_back(std::move(*seen));
  }
}

std::optional<sighting> querier::read_known(const std::string& service, interest& of,
                                            const std::string& id,
                                            const message& response, const record& srv,
                                            const datagram& from, time_point now,
                                            outcome& out) {
  auto known = of.nodes.find(id);
  if (srv.ttl == 0) {
    sighting gone;
    gone.record.name = service;
    gone.record.nodes.push_back({id, {}, {}});
    forget(service, id);
    return gone;
  }
  auto& data = std::get<srv_data>(srv.data);
  auto text = find_text(response, srv.name);
  auto address = find_address(response, data.target);
  if (text == nullptr || !address) {
    follow_up(srv.name, now, out);
    return std::nullopt;
  }
  if (data.port == 0)
    return std::nullopt;
  host_port where{*address, data.port, 0};
  if (where.host.unspecified())
    where.host = from.source.host;
  auto ttl = std::min(srv.ttl, max_ttl);
  auto expires = now + std::chrono::seconds{ttl};
  if (known != of.nodes.end() && known->second.address == where
      && known->second.text == *text) {
    known->second.expires = expires;
    return sighting{known->second.record, ttl, true};
  }
  std::string why;
  auto record = read_advert(*text, why);
  if (!record || record->name != service)
    return std::nullopt;
  record->nodes[0].id = id;
  record->nodes[0].address = to_string(where);
  auto freed = known != of.nodes.end() ? known->second.text.size() : 0;
  if (known == of.nodes.end() && of.nodes.size() >= limits_.nodes_per_service)
    return std::nullopt;
  if (text_bytes_ - freed + text->size() > limits_.text_bytes)
    return std::nullopt;
  text_bytes_ += text->size() - freed;
  auto& held = of.nodes[id];
  held = {*text, where, std::move(*record), expires};
  wake(expires);
  return sighting{held.record, ttl, false};
}

void querier::follow_up(const std::string& instance, time_point now, outcome& out) {
  std::erase_if(followed_, [&](auto& x) { return now - x.second >= 1s; });
  if (followed_.size() < max_followed && followed_.emplace(instance, now).second)
    ask(instance, rr_type::any, out);
}

} // namespace mica::discovery::mdns
