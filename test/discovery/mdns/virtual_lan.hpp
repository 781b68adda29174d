// Several mdns cores on one link, in virtual time.

#pragma once

#include "mdns/core.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::test {

namespace mdns = discovery::mdns;

/// A machine on the link: a core, and what it told its callers.
struct lan_host {
  std::string ip;
  std::unique_ptr<mdns::core> core;
  /// Finished lookups and lists, by ticket.
  std::map<uint64_t, discovery::snapshot> found;
  std::map<uint64_t, std::vector<std::string>> listed;
  /// What a watcher was shown, in order.
  std::vector<discovery::snapshot> shown;
  /// Takes part only while true.
  bool plugged = true;
  /// Messages sent, parsed.
  std::vector<mdns::message> sent;
};

/// 10.0.0.0/24 with hosts 10.0.0.1 and so on. Datagrams take no time.
class virtual_lan {
public:
  static constexpr uint16_t query_port = 40'000;

  lan_host& add(mdns::core_options options = {}) {
    auto host = std::make_unique<lan_host>();
    host->ip = "10.0.0." + std::to_string(hosts_.size() + 1);
    options.seed = static_cast<uint32_t>(hosts_.size());
    options.host = "host-" + std::to_string(hosts_.size() + 1);
    host->core = std::make_unique<mdns::core>(options);
    host->core->links({{7, "eth0", false, {{*mdns::parse_ip(host->ip), 24}}}},
                      query_port, now);
    hosts_.push_back(std::move(host));
    return *hosts_.back();
  }

  /// Does something with a host's core, then delivers what it sent.
  void run(lan_host& host,
           const std::function<void(mdns::core&, mdns::outcome&)>& step) {
    mdns::outcome out;
    step(*host.core, out);
    take(host, out);
    deliver();
  }

  expected<void> add_node(lan_host& host, const discovery::service_record& record,
                          std::chrono::nanoseconds ttl = {}) {
    expected<void> result;
    run(host, [&](auto& core, auto& out) { result = core.add(record, ttl, now, out); });
    return result;
  }

  /// Looks up and waits; empty if nothing was found.
  discovery::snapshot find(lan_host& host, const std::string& service) {
    auto ticket = ++tickets_;
    run(host, [&](auto& core, auto& out) {
      auto ok = core.lookup(ticket, service, now, out);
      if (!ok)
        failure = ok.error();
    });
    auto limit = now + std::chrono::seconds{1};
    while (host.found.count(ticket) == 0 && now < limit)
      advance(std::chrono::milliseconds{1});
    return host.found[ticket];
  }

  std::vector<std::string> list(lan_host& host) {
    auto ticket = ++tickets_;
    run(host, [&](auto& core, auto& out) { (void)core.list(ticket, now, out); });
    advance(std::chrono::milliseconds{100});
    return host.listed[ticket];
  }

  /// Moves time on, stopping wherever a core has something to do.
  void advance(std::chrono::nanoseconds time) {
    auto end = now + std::chrono::duration_cast<mdns::time_point::duration>(time);
    for (;;) {
      auto at = end;
      for (auto& host : hosts_)
        if (auto next = host->core->next(); next && *next < at)
          at = *next;
      now = std::max(now, at);
      for (auto& host : hosts_)
        if (auto next = host->core->next(); next && *next <= now)
          run(*host, [&](auto& core, auto& out) { core.tick(now, out); });
      if (at == end)
        return;
    }
  }

  /// Sends `bytes` from a foreign program and returns what comes back to it.
  std::vector<std::string> send(lan_host& to, const std::string& bytes,
                                const std::string& from = "10.0.0.200",
                                uint16_t port = 50'000) {
    std::vector<std::string> result;
    mdns::outcome out;
    to.core->receive({bytes, {*mdns::parse_ip(from), port, 0}, 7}, now, out);
    for (auto& x : out.packets)
      if (x.where == mdns::packet::destination::peer
          && x.to == mdns::host_port{*mdns::parse_ip(from), port, 0})
        result.push_back(x.bytes);
    take(to, out);
    deliver();
    return result;
  }

  mdns::time_point now{std::chrono::hours{1}};
  mica::error failure;

private:
  struct in_flight {
    mdns::packet what;
    lan_host* from;
  };

  void take(lan_host& host, mdns::outcome& out) {
    for (auto& x : out.packets) {
      auto parsed = mdns::parse_message(x.bytes);
      host.sent.push_back(parsed ? *parsed : mdns::message{});
      wire_.push_back({std::move(x), &host});
    }
    for (auto& x : out.answers) {
      if (auto done = std::get_if<mdns::looked_up>(&x))
        host.found[done->ticket] = host.core->current(done->service);
      else if (auto names = std::get_if<mdns::listed>(&x))
        for (auto& record : host.core->services(names->names))
          host.listed[names->ticket].push_back(record.name);
    }
    for (auto& service : out.changed)
      host.shown.push_back(host.core->current(service));
  }

  void deliver() {
    using to = mdns::packet::destination;
    while (!wire_.empty()) {
      auto [what, from] = std::move(wire_.front());
      wire_.pop_front();
      if (!from->plugged)
        continue;
      auto port = what.where == to::group_as_query ? query_port : uint16_t{5353};
      mdns::datagram arriving{what.bytes, {*mdns::parse_ip(from->ip), port, 0}, 7};
      for (auto& host : hosts_) {
        if (!host->plugged
            || (what.where == to::peer && to_string(what.to.host) != host->ip))
          continue;
        mdns::outcome out;
        host->core->receive(arriving, now, out);
        take(*host, out);
      }
    }
  }

  std::vector<std::unique_ptr<lan_host>> hosts_;
  std::deque<in_flight> wire_;
  uint64_t tickets_ = 0;
};

/// A greeter with one node.
inline discovery::service_record greeter(const std::string& id,
                                         const std::string& address,
                                         const std::string& version = "latest") {
  return {"greeter",
          version,
          {},
          {{"Greeter.Hello", {"HelloRequest", "HelloRequest", {}}, {}, {}}},
          {{id, address, {{"protocol", "mucp"}}}}};
}

/// `id address` of every node, versions one after the other.
inline std::vector<std::string> nodes(const discovery::snapshot& x) {
  std::vector<std::string> result;
  for (auto& version : x.versions)
    for (auto& node : version.nodes)
      result.push_back(node.id + " " + node.address);
  return result;
}

} // namespace mica::test
