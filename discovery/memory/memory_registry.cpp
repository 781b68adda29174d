#include "memory/memory_registry.hpp"
#include "memory/book.hpp"
#include "mica/discovery/registries.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"
#include "records/validate.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace mica::discovery {

namespace {

// A record's worth of memory each, so that callers who invent names end somewhere.
constexpr size_t max_services = 100'000;

// A pending timer outlives its actor; none of ours does so for longer.
constexpr auto longest_timer = caf::timespan{std::chrono::seconds{1}};

using tick_atom = caf::atom_constant<caf::atom("tick")>;

/// A registry that also hears its own timer.
using memory_actor = registry_actor::extend<caf::reacts_to<tick_atom>>;

struct memory_state {
  // CAF 0.17 value-initializes an aggregate state wrongly under C++20.
  memory_state() = default;

  /// What it answers to `name_atom`.
  std::string called;
  memory::book records;
  /// By service; no list is empty between messages.
  std::map<std::string, std::vector<watcher_actor>> watchers;
  /// When the earliest pending timer fires.
  std::optional<memory::time_point> timer;

  static inline const char* name = "memory-registry";
};

using self_pointer = memory_actor::stateful_pointer<memory_state>;

void inform(self_pointer self, const std::string& service) {
  auto found = self->state.watchers.find(service);
  if (found == self->state.watchers.end())
    return;
  auto news = self->state.records.get(service);
  for (const auto& watcher : found->second)
    self->send(watcher, news);
}

void start_timer(self_pointer self) {
  auto& state = self->state;
  auto now = self->clock().now();
  auto next = state.records.next_expiry();
  if (!next)
    return;
  auto due = std::min(std::max(*next, now), now + longest_timer);
  if (state.timer && *state.timer <= due)
    return;
  state.timer = due;
  self->delayed_send(self, due - now, tick_atom::value);
}

// Every message comes here first: a lease ends when it ends, however late the timer.
void expire(self_pointer self) {
  for (const auto& service : self->state.records.expire(self->clock().now()))
    inform(self, service);
}

void remove_watcher(self_pointer self, const caf::actor_addr& gone) {
  auto& watchers = self->state.watchers;
  for (auto i = watchers.begin(); i != watchers.end();) {
    std::erase_if(i->second, [&](const watcher_actor& x) { return x == gone; });
    i = i->second.empty() ? watchers.erase(i) : std::next(i);
  }
}

caf::result<caf::ok_atom> put(self_pointer self, service_record& record,
                              caf::timespan ttl) {
  if (auto wrong = validate(record, ttl))
    return to_caf(std::move(wrong));
  expire(self);
  auto& records = self->state.records;
  if (records.size() >= max_services && !records.knows(record.name))
    return to_caf(error{errc::limit_exceeded,
                        "can't register \"" + record.name + "\": the "
                            + self->state.called + " registry holds "
                            + std::to_string(max_services) + " services, its limit"});
  auto service = record.name;
  std::optional<memory::time_point> expires;
  if (ttl.count() > 0)
    expires = self->clock().now() + ttl;
  if (records.put(std::move(record), expires))
    inform(self, service);
  start_timer(self);
  return caf::ok_atom::value;
}

memory_actor::behavior_type memory_registry(self_pointer self) {
  net::init_actor(self);
  self->set_down_handler(
      [self](caf::down_msg& dm) { remove_watcher(self, dm.source); });
  return {
      [self](lookup_atom, const std::string& service) -> caf::result<snapshot> {
        expire(self);
        auto result = self->state.records.get(service);
        if (result.versions.empty())
          return to_caf(error{errc::service_not_found,
                              "the " + self->state.called
                                  + " registry knows no service \"" + service + '"'});
        return result;
      },
      [self](register_atom, service_record& record, caf::timespan ttl) {
        return put(self, record, ttl);
      },
      [self](deregister_atom,
             const service_record& record) -> caf::result<caf::ok_atom> {
        expire(self);
        if (self->state.records.remove(record))
          inform(self, record.name);
        return caf::ok_atom::value;
      },
      [self](list_atom) {
        expire(self);
        return self->state.records.list();
      },
      [self](watch_atom, const std::string& service, watcher_actor& watcher) {
        expire(self);
        self->send(watcher, self->state.records.get(service));
        // Downward: we outlive our watchers.
        self->monitor(watcher);
        self->state.watchers[service].push_back(std::move(watcher));
      },
      [self](name_atom) -> std::string { return self->state.called; },
      [self](tick_atom) {
        self->state.timer.reset();
        expire(self);
        start_timer(self);
      },
  };
}

class memory_registry_actor
  : public net::at_home<caf::stateful_actor<memory_state, memory_actor::base>> {
public:
  memory_registry_actor(caf::actor_config& config, std::string name) : at_home(config) {
    state.called = std::move(name);
  }

  behavior_type make_behavior() override {
    return memory_registry(this);
  }
};

} // namespace

registry_actor memory::spawn_registry(caf::actor_system& system, std::string name) {
  return system.spawn<memory_registry_actor>(std::move(name));
}

registry_actor spawn_memory_registry(caf::actor_system& system) {
  return memory::spawn_registry(system, "memory");
}

} // namespace mica::discovery
