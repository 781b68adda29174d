// How a responder answers queries.

#include "mdns/responder.hpp"

#include <algorithm>

namespace mica::discovery::mdns {

using namespace std::chrono_literals;

namespace {

/// Questions of one query that are answered; ours and Go Micro's have one.
constexpr size_t max_questions = 8;

/// Go Micro's port in the entries of the list; nobody connects to it.
constexpr uint16_t list_port = 9'999;

bool asks_for(const question& q, const record& x) {
  switch (q.type) {
    case rr_type::any:
      return true;
    // An SRV answer brings the addresses along.
    case rr_type::srv:
      return std::holds_alternative<srv_data>(x.data)
             || std::holds_alternative<ip_address>(x.data);
    case rr_type::txt:
      return std::holds_alternative<txt_data>(x.data);
    case rr_type::a:
    case rr_type::aaaa: {
      auto ip = std::get_if<ip_address>(&x.data);
      return ip != nullptr && ip->v6 == (q.type == rr_type::aaaa);
    }
    default:
      return false;
  }
}

} // namespace

responder::responder(const name_scheme& names, std::string host,
                     const mdns_limits& limits)
  : names_(names),
    host_(std::move(host)),
    limits_(limits),
    per_source_(limits.answers_per_source) {
  // nop
}

void responder::answer(const message& query, const datagram& from, uint16_t group_port,
                       time_point now, outcome& out) {
  if (instances_.empty())
    return;
  auto count = std::min(query.questions.size(), max_questions);
  for (size_t i = 0; i < count; ++i) {
    auto& q = query.questions[i];
    // Several sockets share the group's port, and unicast reaches only one of them.
    auto multicast = from.source.port == group_port && !q.unicast;
    answer(q, query, from, multicast, now, out);
  }
}

void responder::answer(const question& q, const message& query, const datagram& from,
                       bool multicast, time_point now, outcome& out) {
  auto browsing = q.type == rr_type::ptr || q.type == rr_type::any;
  if (browsing && q.name == names_.list()) {
    for (auto& service : services()) {
      auto name = names_.list_entry(service);
      reply(q, query, from, multicast,
            {{q.name, default_ttl, ptr_data{name}},
             {name, default_ttl, srv_data{10, 1, list_port, host_}},
             {host_, default_ttl, ip_address{}},
             {name, default_ttl, txt_data{}}},
            now, out);
    }
    return;
  }
  if (browsing && q.name == names_.types()) {
    for (auto& service : services())
      reply(q, query, from, multicast,
            {{q.name, default_ttl, ptr_data{names_.service(service)}}}, now, out);
    return;
  }
  auto service = names_.service_of(q.name);
  if (!service)
    return;
  if (browsing)
    answer_service(*service, q, query, from, multicast, now, out);
  for (auto& kvp : instances_) {
    auto& x = kvp.second;
    if (x.name != q.name)
      continue;
    auto answers = records(x, x.ttl, find_link(from.link));
    std::erase_if(answers, [&](const record& r) {
      return std::holds_alternative<ptr_data>(r.data) || !asks_for(q, r);
    });
    reply(q, query, from, multicast, std::move(answers), now, out);
  }
}

void responder::answer_service(const std::string& service, const question& q,
                               const message& query, const datagram& from,
                               bool multicast, time_point now, outcome& out) {
  for (auto i = instances_.lower_bound({service, std::string{}});
       i != instances_.end() && i->first.first == service; ++i) {
    auto& x = i->second;
    // RFC 6762 section 6: no record more than once in a second by multicast.
    if (multicast) {
      if (now - x.last_multicast < 1s)
        continue;
      x.last_multicast = now;
    }
    reply(q, query, from, multicast, records(x, x.ttl, find_link(from.link)), now, out);
  }
}

void responder::reply(const question& q, const message& query, const datagram& from,
                      bool multicast, std::vector<record> answers, time_point now,
                      outcome& out) {
  if (answers.empty())
    return;
  if (!all_)
    all_.emplace(limits_.answers, now);
  if (!per_source_.take(from.source.host, now) || !all_->take(limits_.answers, now))
    return;
  message m;
  m.response = true;
  m.authoritative = true;
  m.answers = std::move(answers);
  if (!multicast) {
    m.id = query.id;
    // Since v2.9.1, Go Micro drops answers without the question it asked.
    m.questions.push_back(q);
  }
  auto bytes = write_message(m);
  if (!bytes)
    return;
  using to = packet::destination;
  out.packets.push_back({std::move(*bytes), multicast ? to::group : to::peer,
                         multicast ? host_port{} : from.source,
                         multicast ? from.link : 0});
}

std::vector<std::string> responder::services() const {
  std::vector<std::string> result;
  for (auto& kvp : instances_)
    if (result.empty() || result.back() != kvp.first.first)
      result.push_back(kvp.first.first);
  return result;
}

} // namespace mica::discovery::mdns
