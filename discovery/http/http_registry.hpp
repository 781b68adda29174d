// The actor of a registry whose server speaks HTTP.

#pragma once

#include "http/worker_port.hpp"
#include "registry/answering.hpp"

#include "mica/discovery/actors.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mica::discovery {

using due_atom = caf::atom_constant<caf::atom("due")>;

/// INTERNAL: a registry that also hears from its worker and its clock.
using http_registry_actor =
    registry_actor::extend<caf::reacts_to<http_done>, caf::reacts_to<http_part>,
                           caf::reacts_to<due_atom>>;

/// Answers every request with `why`.
template <class State>
http_registry_actor::behavior_type failing_registry(mica::error why) {
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
      [](name_atom) { return std::string{State::registry_name}; },
      [](const http_done&) {
        // nop
      },
      [](const http_part&) {
        // nop
      },
      [](due_atom) {
        // nop
      },
  };
}

/// The behaviour of a registry whose server speaks HTTP.
///
/// @tparam State what the actor owns: `begin` fails with what every request is answered
///         with then; `registry_name` is the name in flags and messages.
template <class State, class Options>
http_registry_actor::behavior_type
http_registry(http_registry_actor::stateful_pointer<State> self, Options options) {
  net::init_actor(self);
  if (auto failure = self->state.begin(self, std::move(options)))
    return failing_registry<State>(std::move(failure));
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
      [](name_atom) { return std::string{State::registry_name}; },
      [self](const http_done& x) { self->state.complete(x); },
      [self](const http_part& x) { self->state.take_part(x); },
      [self](due_atom) { self->state.on_due(); },
  };
}

} // namespace mica::discovery
