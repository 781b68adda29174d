#include "consul/registry_state.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_response_promise.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace mica::discovery {

namespace {

using consul::consul_actor;
using consul::registry_state;

/// A promise that is kept even if the actor ends before the answer.
template <class T>
class pending_reply {
public:
  explicit pending_reply(caf::typed_response_promise<T> promise)
    : promise_(std::move(promise)) {
    // nop
  }

  ~pending_reply() {
    deliver(mica::error{errc::unavailable, "the consul registry has ended"});
  }

  pending_reply(const pending_reply&) = delete;
  pending_reply& operator=(const pending_reply&) = delete;

  void deliver(T value) {
    if (promise_.pending())
      promise_.deliver(std::move(value));
  }

  void deliver(mica::error failure) {
    if (promise_.pending())
      promise_.deliver(to_caf(std::move(failure)));
  }

private:
  caf::typed_response_promise<T> promise_;
};

/// Returns a promise and the handler that keeps it, `void` becoming `ok`.
template <class T, class Reply = T>
struct answering {
  template <class Self>
  explicit answering(Self* self)
    : promise(self->template make_response_promise<Reply>()) {
    handler =
        [held = std::make_shared<pending_reply<Reply>>(promise)](expected<T> outcome) {
          if (!outcome) {
            held->deliver(std::move(outcome.error()));
          } else if constexpr (std::is_void_v<T>) {
            held->deliver(caf::ok_atom::value);
          } else {
            held->deliver(std::move(*outcome));
          }
        };
  }

  caf::typed_response_promise<Reply> promise;
  std::function<void(expected<T>)> handler;
};

consul_actor::behavior_type failing(mica::error why) {
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
      [](name_atom) { return std::string{"consul"}; },
      [](const consul::http_done&) {
        // nop
      },
      [](consul::due_atom) {
        // nop
      },
  };
}

consul_actor::behavior_type consul_registry(registry_state::self_pointer self,
                                            consul_options options) {
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
      [](name_atom) { return std::string{"consul"}; },
      [self](const consul::http_done& x) { self->state.complete(x); },
      [self](consul::due_atom) { self->state.on_due(); },
  };
}

} // namespace

registry_actor spawn_consul_registry(caf::actor_system& system,
                                     consul_options options) {
  return system.spawn(consul_registry, std::move(options));
}

} // namespace mica::discovery
