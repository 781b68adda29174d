#include "mica/discovery/registries.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include "gossip/core.hpp"
#include "gossip/transport.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <random>
#include <unistd.h>
#include <utility>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::gossip::arrivals)

namespace mica::discovery {

namespace {

using gossip::arrivals;
using gossip::moment;
using gossip::outcome;

using line_function = std::function<void(const std::string&)>;
using snapshot_promise = caf::typed_response_promise<snapshot>;
using list_promise = caf::typed_response_promise<std::vector<service_record>>;

/// A registry that also hears its own sockets.
using gossip_actor = registry_actor::extend<caf::reacts_to<arrivals>>;

moment now() {
  auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::steady_clock::now(), wall};
}

/// What the actor needs to come to life; made before it, so that failures are seen.
struct equipment {
  std::unique_ptr<gossip::core> core;
  std::unique_ptr<gossip::transport> sockets;
  line_function report, notice;
};

struct gossip_state {
  // CAF 0.17 value-initializes an aggregate state wrongly under C++20.
  gossip_state() = default;

  gossip_state(const gossip_state&) = delete;
  gossip_state& operator=(const gossip_state&) = delete;

  /// The end of the registry: peers learn it at once, callers get an answer.
  ~gossip_state() {
    if (!core)
      return;
    outcome out;
    core->farewell(now(), out);
    for (auto& x : out.packets)
      sockets->send(x);
    sockets.reset();
    error gone{errc::unavailable, "the gossip registry ended"};
    for (auto& [service, promise] : lookups)
      promise.deliver(to_caf(gone));
    for (auto& promise : lists)
      promise.deliver(to_caf(gone));
  }

  std::unique_ptr<gossip::core> core;
  std::unique_ptr<gossip::transport> sockets;
  line_function report, notice;
  /// Waiting for the first join to end.
  std::vector<std::pair<std::string, snapshot_promise>> lookups;
  std::vector<list_promise> lists;
  /// By service; no list is empty between messages.
  std::map<std::string, std::vector<watcher_actor>> watchers;
  bool settled = false;

  static inline const char* name = "gossip-registry";
};

using self_pointer = gossip_actor::stateful_pointer<gossip_state>;

error not_found(const gossip_state& state, const std::string& service) {
  if (auto doubt = state.core->doubt())
    return doubt;
  return {errc::service_not_found,
          "gossip: no member of the cluster offers the service \"" + service + '"'};
}

caf::result<snapshot> find(const gossip_state& state, const std::string& service) {
  auto result = state.core->current(service, now());
  if (result.versions.empty())
    return to_caf(not_found(state, service));
  return result;
}

void show(self_pointer self, const std::string& service) {
  auto& state = self->state;
  auto found = state.watchers.find(service);
  if (found == state.watchers.end())
    return;
  auto news = state.core->current(service, now());
  for (auto& watcher : found->second)
    self->send(watcher, news);
}

/// The first join is over: everybody who waited learns what is known.
void settle(self_pointer self) {
  auto& state = self->state;
  state.settled = true;
  for (auto& [service, promise] : std::exchange(state.lookups, {})) {
    auto result = state.core->current(service, now());
    if (result.versions.empty())
      promise.deliver(to_caf(not_found(state, service)));
    else
      promise.deliver(std::move(result));
  }
  for (auto& promise : std::exchange(state.lists, {}))
    promise.deliver(state.core->services());
  for (auto& [service, watchers] : state.watchers)
    show(self, service);
}

void say(const line_function& to, const std::string& line) {
  if (to)
    to(line);
}

/// Coming and going is what members do; dying is not.
void tell(const gossip_state& state, const gossip::member_event& x) {
  using kind = gossip::member_event::kind;
  switch (x.what) {
    case kind::joined:
      return say(state.notice, "gossip: " + x.name + " joined");
    case kind::left:
      return say(state.notice, "gossip: " + x.name + " left");
    case kind::died:
      return say(state.report, "gossip: " + x.name + " is dead");
    case kind::we_died:
      return say(state.report,
                 "gossip: others took us for dead; we told them otherwise");
    case kind::updated:
      return;
  }
}

/// Sends, tells and informs as the core wants it.
void carry_out(self_pointer self, outcome& out) {
  auto& state = self->state;
  for (auto& x : out.packets)
    state.sockets->send(x);
  state.sockets->carry_out(std::move(out.streams));
  for (auto& x : out.names)
    state.sockets->resolve(x.seed, std::move(x.name));
  for (auto& x : out.members)
    tell(state, x);
  if (!state.settled && state.core->settled(now()))
    settle(self);
  if (state.settled)
    for (auto& service : out.changed)
      show(self, service);
  state.sockets->wake_at(state.core->next());
}

void take(self_pointer self, arrivals& news) {
  using kind = gossip::stream_news::kind;
  auto& core = *self->state.core;
  outcome out;
  auto at = now();
  for (auto& x : news.datagrams)
    core.receive(x.bytes, x.source, at, out);
  for (auto& x : news.streams) {
    if (x.what == kind::accepted)
      core.accepted(x.id, at, out);
    else if (x.what == kind::bytes)
      core.received(x.id, x.bytes, at, out);
    else
      core.ended(x.id, x.why, at, out);
  }
  for (auto& x : news.names)
    core.resolved(x.seed, x.hosts, x.why, at, out);
  core.tick(at, out);
  self->state.sockets->done();
  carry_out(self, out);
}

template <class Waiting>
bool too_many(const Waiting& waiting) {
  return waiting.size() >= gossip::gossip_limits{}.pending;
}

error overloaded() {
  return {errc::overloaded, "gossip: too many requests wait for the first join"};
}

void watch(self_pointer self, const std::string& service, watcher_actor& watcher) {
  auto& state = self->state;
  if (state.settled)
    self->send(watcher, state.core->current(service, now()));
  // Downward: we outlive our watchers.
  self->monitor(watcher);
  state.watchers[service].push_back(std::move(watcher));
}

void remove_watcher(self_pointer self, const caf::actor_addr& gone) {
  auto& watchers = self->state.watchers;
  for (auto i = watchers.begin(); i != watchers.end();) {
    std::erase_if(i->second, [&](const watcher_actor& x) { return x == gone; });
    i = i->second.empty() ? watchers.erase(i) : std::next(i);
  }
}

gossip_actor::behavior_type gossip_registry(self_pointer self,
                                            const std::shared_ptr<equipment>& from) {
  net::init_actor(self);
  self->state.core = std::move(from->core);
  self->state.sockets = std::move(from->sockets);
  self->state.report = std::move(from->report);
  self->state.notice = std::move(from->notice);
  // Weak: a registry that nobody holds any more ends.
  auto deliver = [to = caf::actor_cast<caf::actor_addr>(self)](arrivals news) {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(to))
      caf::anon_send(caf::actor_cast<caf::actor>(strong), std::move(news));
  };
  if (auto started = self->state.sockets->start(std::move(deliver)); !started)
    self->quit(to_caf(started.error()));
  self->set_down_handler(
      [self](caf::down_msg& dm) { remove_watcher(self, dm.source); });
  outcome first;
  self->state.core->tick(now(), first);
  carry_out(self, first);
  return {
      [self](lookup_atom, const std::string& service) -> caf::result<snapshot> {
        auto& state = self->state;
        if (state.settled)
          return find(state, service);
        if (too_many(state.lookups))
          return to_caf(overloaded());
        auto promise = self->make_response_promise<snapshot>();
        state.lookups.emplace_back(service, promise);
        return promise;
      },
      [self](register_atom, const service_record& record,
             caf::timespan ttl) -> caf::result<caf::ok_atom> {
        outcome out;
        auto added = self->state.core->add(record, ttl, now(), out);
        carry_out(self, out);
        if (!added)
          return to_caf(added.error());
        return caf::ok_atom::value;
      },
      [self](deregister_atom,
             const service_record& record) -> caf::result<caf::ok_atom> {
        outcome out;
        self->state.core->remove(record, now(), out);
        carry_out(self, out);
        return caf::ok_atom::value;
      },
      [self](list_atom) -> caf::result<std::vector<service_record>> {
        auto& state = self->state;
        if (state.settled)
          return state.core->services();
        if (too_many(state.lists))
          return to_caf(overloaded());
        auto promise = self->make_response_promise<std::vector<service_record>>();
        state.lists.push_back(promise);
        return promise;
      },
      [self](watch_atom, const std::string& service, watcher_actor& watcher) {
        watch(self, service, watcher);
      },
      [](name_atom) -> std::string { return "gossip"; },
      [self](arrivals& news) { take(self, news); },
  };
}

error wrong(std::string text) {
  return {errc::invalid_argument, "gossip: " + std::move(text)};
}

/// A numeric address; a missing port is 0.
expected<gossip::host_port> read_address(const std::string& text, const char* what) {
  auto parts = net::parse_host_port(text);
  if (!parts)
    return wrong(std::string{what} + " \"" + text + "\" is no host:port");
  auto host = parts->host.empty() ? "0.0.0.0" : parts->host;
  auto ip = mdns::parse_ip(host);
  if (!ip)
    return wrong(std::string{what} + " \"" + text + "\" needs a numeric host");
  return gossip::host_port{*ip, parts->port, 0};
}

/// `micro-HOST-UUID`, as Go Micro names its members.
std::string member_name() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0)
    host[0] = '\0';
  std::random_device random;
  constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (auto i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20)
      id += '-';
    id += digits[random() % 16];
  }
  return "micro-" + std::string{host}.substr(0, 200) + '-' + id;
}

expected<gossip::keyring> make_keys(const gossip_options& options) {
  auto keys = options.keys;
  if (keys.empty() && options.secure)
    keys.push_back("micro-gossip-key");
  return gossip::keyring::make(std::move(keys));
}

expected<std::shared_ptr<equipment>> prepare(gossip_options& options) {
  auto bind = read_address(options.address, "the address");
  if (!bind)
    return bind.error();
  auto keys = make_keys(options);
  if (!keys)
    return keys.error();
  auto sockets = gossip::transport::open(*bind);
  if (!sockets)
    return sockets.error();
  auto told =
      net::advertised_address(to_string((*sockets)->bound()), options.advertise);
  auto advertise = read_address(told, "the address to advertise");
  if (!advertise)
    return advertise.error();
  gossip::core_options settings;
  settings.swim.name = options.name.empty() ? member_name() : options.name;
  settings.swim.advertise = *advertise;
  settings.swim.wire.keys = std::move(*keys);
  settings.swim.seed = std::random_device{}();
  settings.seeds = std::move(options.addresses);
  auto core = gossip::core::make(std::move(settings), now());
  if (!core)
    return core.error();
  auto result = std::make_shared<equipment>();
  result->core = std::move(*core);
  result->sockets = std::move(*sockets);
  result->report = std::move(options.report);
  result->notice = std::move(options.notice);
  say(result->notice, "gossip: listening on " + told);
  return result;
}

} // namespace

caf::expected<registry_actor> spawn_gossip_registry(caf::actor_system& system,
                                                    gossip_options options) {
  auto ready = prepare(options);
  if (!ready)
    return to_caf(ready.error());
  return registry_actor{system.spawn(gossip_registry, *ready)};
}

} // namespace mica::discovery
