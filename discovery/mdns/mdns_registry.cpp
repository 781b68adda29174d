#include "mica/discovery/registries.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include "mdns/core.hpp"
#include "mdns/links.hpp"
#include "mdns/reader.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <random>
#include <unistd.h>
#include <utility>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::mdns::arrivals)

namespace mica::discovery {

namespace {

using mdns::arrivals;
using mdns::outcome;

using snapshot_promise = caf::typed_response_promise<snapshot>;
using list_promise = caf::typed_response_promise<std::vector<service_record>>;

/// A registry that also hears its own reader.
using mdns_actor = registry_actor::extend<caf::reacts_to<arrivals>>;

auto now() {
  return std::chrono::steady_clock::now();
}

/// What the actor needs to come to life; made before it, so that failures are seen.
struct equipment {
  std::unique_ptr<mdns::core> core;
  std::shared_ptr<mdns::sockets> sockets;
  std::unique_ptr<mdns::reader> wake;
  std::vector<std::string> interfaces;
};

struct mdns_state {
  // CAF 0.17 value-initializes an aggregate state wrongly under C++20.
  mdns_state() = default;

  mdns_state(const mdns_state&) = delete;
  mdns_state& operator=(const mdns_state&) = delete;

  /// The end of the registry: peers learn it at once, callers get an answer.
  ~mdns_state() {
    if (!core)
      return;
    wake.reset();
    outcome out;
    core->farewell(out);
    for (auto& x : out.packets)
      (void)sockets->send(x);
    error gone{errc::unavailable, "the mdns registry ended"};
    for (auto& kvp : lookups)
      kvp.second.deliver(to_caf(gone));
    for (auto& kvp : lists)
      kvp.second.deliver(to_caf(gone));
  }

  std::unique_ptr<mdns::core> core;
  std::shared_ptr<mdns::sockets> sockets;
  std::vector<std::string> interfaces;
  std::unique_ptr<mdns::reader> wake;
  uint64_t tickets = 0;
  std::map<uint64_t, snapshot_promise> lookups;
  std::map<uint64_t, list_promise> lists;
  /// By service; no list is empty between messages.
  std::map<std::string, std::vector<watcher_actor>> watchers;
  /// Why the last query could not be sent; none if it could.
  error away;

  static inline const char* name = "mdns-registry";
};

using self_pointer = mdns_actor::stateful_pointer<mdns_state>;

error not_found(const mdns_state& state, const std::string& service) {
  if (state.away)
    return state.away;
  return {errc::service_not_found,
          "mdns: nobody on this network offers the service \"" + service + '"'};
}

void answer(mdns_state& state, const mdns::looked_up& done) {
  auto waiting = state.lookups.extract(done.ticket);
  if (waiting.empty())
    return;
  auto result = state.core->current(done.service);
  if (result.versions.empty())
    waiting.mapped().deliver(to_caf(not_found(state, done.service)));
  else
    waiting.mapped().deliver(std::move(result));
}

void answer(mdns_state& state, const mdns::listed& done) {
  auto waiting = state.lists.extract(done.ticket);
  if (!waiting.empty())
    waiting.mapped().deliver(state.core->services(done.names));
}

/// Sends, answers and informs as the core wants it.
void carry_out(self_pointer self, outcome& out) {
  auto& state = self->state;
  auto failed = false;
  for (auto& x : out.packets) {
    auto sent = state.sockets->send(x);
    if (x.where != mdns::packet::destination::group_as_query)
      continue;
    state.away = sent ? error{} : sent.error();
    failed = failed || !sent;
  }
  // Nobody will answer what was not asked.
  if (failed)
    state.core->give_up(out);
  for (auto& x : out.answers)
    std::visit([&](auto& done) { answer(state, done); }, x);
  for (auto& service : out.changed) {
    auto found = state.watchers.find(service);
    if (found == state.watchers.end())
      continue;
    auto news = state.core->current(service);
    for (auto& watcher : found->second)
      self->send(watcher, news);
  }
  if (auto next = state.core->next())
    state.wake->wake_at(*next);
}

// A failure to look now keeps what was known: interfaces come back.
void look_at_links(self_pointer self) {
  auto& state = self->state;
  auto links = mdns::find_links(state.interfaces);
  if (links && state.sockets->join(*links))
    state.core->links(std::move(*links), state.sockets->query_port(), now());
}

void take(self_pointer self, arrivals& news) {
  auto& state = self->state;
  outcome out;
  if (news.links_changed)
    look_at_links(self);
  auto at = now();
  for (auto& x : news.datagrams)
    state.core->receive(x, at, out);
  state.core->tick(at, out);
  state.wake->done();
  carry_out(self, out);
}

template <class Promise, class Start>
auto begin(self_pointer self, std::map<uint64_t, Promise>& waiting, Promise promise,
           Start start) {
  auto ticket = ++self->state.tickets;
  outcome out;
  // Before the start: the core may answer at once.
  waiting.emplace(ticket, promise);
  auto started = start(ticket, out);
  if (!started) {
    waiting.erase(ticket);
    promise.deliver(to_caf(started.error()));
  }
  carry_out(self, out);
  return promise;
}

void watch(self_pointer self, const std::string& service, watcher_actor& watcher) {
  auto& state = self->state;
  outcome out;
  if (auto started = state.core->watch(service, now(), out); !started) {
    self->send(watcher, snapshot{service, {}, std::nullopt});
    return carry_out(self, out);
  }
  // Else the first collection ends soon, and all watchers see what it found.
  if (state.core->settled(service))
    self->send(watcher, state.core->current(service));
  // Downward: we outlive our watchers.
  self->monitor(watcher);
  state.watchers[service].push_back(std::move(watcher));
  carry_out(self, out);
}

void remove_watcher(self_pointer self, const caf::actor_addr& gone) {
  auto& state = self->state;
  for (auto i = state.watchers.begin(); i != state.watchers.end();) {
    auto n =
        std::erase_if(i->second, [&](const watcher_actor& x) { return x == gone; });
    for (; n > 0; --n)
      state.core->unwatch(i->first);
    i = i->second.empty() ? state.watchers.erase(i) : std::next(i);
  }
}

mdns_actor::behavior_type mdns_registry(self_pointer self,
                                        const std::shared_ptr<equipment>& from) {
  net::init_actor(self);
  auto& state = self->state;
  state.core = std::move(from->core);
  state.sockets = from->sockets;
  state.interfaces = std::move(from->interfaces);
  state.wake = std::move(from->wake);
  // Weak: a registry that nobody holds any more ends.
  auto deliver = [to = caf::actor_cast<caf::actor_addr>(self)](arrivals news) {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(to))
      caf::anon_send(caf::actor_cast<caf::actor>(strong), std::move(news));
  };
  if (auto started = state.wake->start(std::move(deliver)); !started)
    self->quit(to_caf(started.error()));
  self->set_down_handler(
      [self](caf::down_msg& dm) { remove_watcher(self, dm.source); });
  return {
      [self](lookup_atom, const std::string& service) {
        return begin(self, self->state.lookups, self->make_response_promise<snapshot>(),
                     [&](uint64_t ticket, outcome& out) {
                       return self->state.core->lookup(ticket, service, now(), out);
                     });
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
      [self](list_atom) {
        return begin(self, self->state.lists,
                     self->make_response_promise<std::vector<service_record>>(),
                     [&](uint64_t ticket, outcome& out) {
                       return self->state.core->list(ticket, now(), out);
                     });
      },
      [self](watch_atom, const std::string& service, watcher_actor& watcher) {
        watch(self, service, watcher);
      },
      [](name_atom) -> std::string { return "mdns"; },
      [self](arrivals& news) { take(self, news); },
  };
}

/// The name of this machine, as Go Micro puts it into SRV records.
std::string host_name() {
  char buffer[256] = {};
  if (gethostname(buffer, sizeof(buffer) - 1) != 0)
    return "localhost";
  auto result = mdns::escape_name(buffer);
  return result.empty() || !mdns::check_name(result) ? "localhost" : result;
}

std::string_view trim_dots(std::string_view x) {
  while (x.starts_with('.'))
    x.remove_prefix(1);
  while (x.ends_with('.'))
    x.remove_suffix(1);
  return x;
}

expected<std::shared_ptr<equipment>> prepare(mdns_options& options) {
  mdns::core_options settings;
  settings.domain = trim_dots(options.domain);
  if (auto ok = mdns::check_name(settings.domain); !ok || settings.domain.empty())
    return error{errc::invalid_argument, "mdns: domain \"" + options.domain
                                             + "\" is no DNS name"
                                             + (ok ? "" : ": " + ok.error().detail)};
  if (options.timeout.count() <= 0)
    return error{errc::invalid_argument, "mdns: the timeout must be above 0 ms"};
  settings.host = host_name();
  settings.timeout = options.timeout;
  settings.port = options.port;
  settings.seed = std::random_device{}();
  auto links = mdns::find_links(options.interfaces);
  if (!links)
    return links.error();
  auto sockets = mdns::sockets::open(options.port);
  if (!sockets)
    return sockets.error();
  auto result = std::make_shared<equipment>();
  result->sockets = std::make_shared<mdns::sockets>(std::move(*sockets));
  if (auto joined = result->sockets->join(*links); !joined)
    return joined.error();
  result->wake = std::make_unique<mdns::reader>(result->sockets);
  if (auto possible = result->wake->ready(); !possible)
    return possible.error();
  result->core = std::make_unique<mdns::core>(settings);
  result->core->links(std::move(*links), result->sockets->query_port(), now());
  result->interfaces = std::move(options.interfaces);
  return result;
}

} // namespace

caf::expected<registry_actor> spawn_mdns_registry(caf::actor_system& system,
                                                  mdns_options options) {
  auto ready = prepare(options);
  if (!ready)
    return to_caf(ready.error());
  return registry_actor{system.spawn(mdns_registry, *ready)};
}

} // namespace mica::discovery
