#include "etcd/registry_state.hpp"
#include "registry/answering.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/actor_system.hpp>

#include <utility>

namespace mica::discovery {

namespace {

using etcd::etcd_actor;
using etcd::registry_state;

etcd_actor::behavior_type failing(mica::error why) {
  auto fail = [why] { return to_caf(why); };
  return {
      [fail](register_atom, const service_record&,
             caf::timespan) -> caf::result<caf::ok_atom> { return fail(); },
      [fail](deregister_atom, const service_record&) -> caf::result<caf::ok_atom> {
        return fail();
      },
      [fail](lookup_atom, const std::string&) -> caf::result<snapshot> {
        return fail();
      },
      [fail](list_atom) -> caf::result<std::vector<service_record>> { return fail(); },
      [fail](watch_atom, const std::string&, watcher_actor&) -> caf::result<void> {
        return fail();
      },
      [](name_atom) { return std::string{"etcd"}; },
      [](const http_done&) {
        // nop
      },
      [](const http_part&) {
        // nop
      },
      [](etcd::due_atom) {
        // nop
      },
  };
}

etcd_actor::behavior_type etcd_registry(registry_state::self_pointer self,
                                        etcd_options options) {
  net::init_actor(self);
  if (auto failure = self->state.begin(self, std::move(options)))
    return failing(std::move(failure));
  self->set_down_handler(
      [self](const caf::down_msg& x) { self->state.forget(x.source); });
  return {
      [self](register_atom, const service_record& record, caf::timespan ttl) {
        answering<void, caf::ok_atom> reply{self};
        self->state.add(record, ttl, std::move(reply.handler));
        return reply.promise;
      },
      [self](deregister_atom, const service_record& record) {
        answering<void, caf::ok_atom> reply{self};
        self->state.remove(record, std::move(reply.handler));
        return reply.promise;
      },
      [self](lookup_atom, const std::string& service) {
        answering<snapshot> reply{self};
        self->state.lookup(service, std::move(reply.handler));
        return reply.promise;
      },
      [self](list_atom) {
        answering<std::vector<service_record>> reply{self};
        self->state.list(std::move(reply.handler));
        return reply.promise;
      },
      [self](watch_atom, const std::string& service,
             watcher_actor& watcher) -> caf::result<void> {
        if (auto failure = self->state.watch(service, std::move(watcher)))
          return to_caf(std::move(failure));
        return caf::unit;
      },
      [](name_atom) { return std::string{"etcd"}; },
      [self](const http_done& x) { self->state.complete(x); },
      [self](const http_part& x) { self->state.take_part(x); },
      [self](etcd::due_atom) { self->state.on_due(); },
  };
}

} // namespace

registry_actor spawn_etcd_registry(caf::actor_system& system, etcd_options options) {
  return system.spawn(etcd_registry, std::move(options));
}

} // namespace mica::discovery
