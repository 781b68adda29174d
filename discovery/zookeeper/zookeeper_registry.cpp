#include "zookeeper/registry_state.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/actor_system.hpp>

#include <utility>

namespace mica::discovery {

namespace {

using zookeeper::registry_state;
using zookeeper::zookeeper_actor;

caf::result<caf::ok_atom> reply(expected<void> outcome) {
  if (!outcome)
    return to_caf(std::move(outcome.error()));
  return caf::ok_atom::value;
}

template <class T>
caf::result<T> reply(expected<T> outcome) {
  if (!outcome)
    return to_caf(std::move(outcome.error()));
  return std::move(*outcome);
}

zookeeper_actor::behavior_type zookeeper_registry(registry_state::self_pointer self,
                                                  zookeeper_options options) {
  net::init_actor(self);
  // One behaviour with or without a failure: each request asks.
  auto failure = self->state.begin(self, std::move(options));
  self->set_down_handler(
      [self](const caf::down_msg& x) { self->state.forget(x.source); });
  return {
      [self, failure](register_atom, const service_record& record,
                      caf::timespan ttl) -> caf::result<caf::ok_atom> {
        if (failure)
          return to_caf(failure);
        return reply(self->state.add(record, ttl));
      },
      [self, failure](deregister_atom,
                      const service_record& record) -> caf::result<caf::ok_atom> {
        if (failure)
          return to_caf(failure);
        return reply(self->state.remove(record));
      },
      [self, failure](lookup_atom,
                      const std::string& service) -> caf::result<snapshot> {
        if (failure)
          return to_caf(failure);
        return reply(self->state.lookup(service));
      },
      [self, failure](list_atom) -> caf::result<std::vector<service_record>> {
        if (failure)
          return to_caf(failure);
        return reply(self->state.list());
      },
      [self, failure](watch_atom, const std::string& service,
                      watcher_actor& watcher) -> caf::result<void> {
        if (failure)
          return to_caf(failure);
        if (auto refused = self->state.watch(service, std::move(watcher)))
          return to_caf(std::move(refused));
        return caf::unit;
      },
      [](name_atom) { return std::string{"zookeeper"}; },
      [self](const zookeeper::session_event& x) { self->state.take(x); },
      [self](zookeeper::due_atom) { self->state.on_due(); },
  };
}

} // namespace

registry_actor spawn_zookeeper_registry(caf::actor_system& system,
                                        zookeeper_options options) {
  // ZooKeeper's calls wait.
  return system.spawn<caf::detached>(zookeeper_registry, std::move(options));
}

} // namespace mica::discovery
