// A registry that does what the test says, and counts.

#pragma once

#include "mica/discovery/actors.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::test {

/// For the deterministic scheduler: shared between test and actor without a lock.
class scripted_registry {
public:
  using snapshot = discovery::snapshot;
  using service_record = discovery::service_record;

  struct registration {
    service_record record;
    caf::timespan ttl;
    std::chrono::steady_clock::time_point time;
  };

  explicit scripted_registry(caf::actor_system& system)
    : script_(std::make_shared<script>()),
      actor_(system.spawn(behave, script_)),
      handle_(actor_) {
    // nop
  }

  const discovery::registry_actor& handle() const {
    return handle_;
  }

  /// What lookups and new watches see; pushed to no one.
  void know(const std::string& service, std::vector<service_record> versions) {
    script_->known[service] = {service, std::move(versions), std::nullopt};
  }

  /// `know`, and tell the watchers.
  void change(const std::string& service, std::vector<service_record> versions) {
    know(service, std::move(versions));
    push(script_->known[service]);
  }

  void push(const snapshot& what) {
    for (const auto& [service, watcher] : script_->watchers)
      if (service == what.service)
        caf::anon_send(watcher, what);
  }

  /// Every request fails so; nothing: they succeed again.
  void fail_with(std::optional<error> failure) {
    script_->failure = std::move(failure);
  }

  /// Lookups stay unanswered until `release` or `release_old`.
  void hold_lookups() {
    script_->holding = true;
  }

  /// Answers the lookups that wait; later ones wait on.
  void release_old() {
    caf::anon_send(actor_, release_atom::value);
  }

  void release() {
    script_->holding = false;
    release_old();
  }

  size_t lookups() const {
    return script_->lookups;
  }

  const std::vector<registration>& registrations() const {
    return script_->registrations;
  }

  const std::vector<service_record>& deregistrations() const {
    return script_->deregistrations;
  }

  /// Services with a living watch, one entry per watch.
  std::vector<std::string> watched() const {
    std::vector<std::string> result;
    for (const auto& x : script_->watchers)
      result.push_back(x.first);
    return result;
  }

private:
  struct script {
    std::map<std::string, snapshot> known;
    std::optional<error> failure;
    bool holding = false;
    std::vector<std::pair<std::string, caf::typed_response_promise<snapshot>>> held;
    size_t lookups = 0;
    std::vector<registration> registrations;
    std::vector<service_record> deregistrations;
    std::vector<std::pair<std::string, discovery::watcher_actor>> watchers;
  };

  using release_atom = caf::atom_constant<caf::atom("release")>;
  using script_ptr = std::shared_ptr<script>;
  using scripted_actor =
      discovery::registry_actor::extend<caf::reacts_to<release_atom>>;
  using self_pointer = scripted_actor::pointer;

  static caf::result<snapshot> look_up(self_pointer self, script& todo,
                                       const std::string& service) {
    ++todo.lookups;
    if (todo.failure)
      return to_caf(*todo.failure);
    if (todo.holding) {
      auto promise = self->make_response_promise<snapshot>();
      todo.held.emplace_back(service, promise);
      return promise;
    }
    auto found = todo.known.find(service);
    if (found == todo.known.end() || found->second.versions.empty())
      return to_caf({errc::service_not_found, service});
    return found->second;
  }

  static scripted_actor::behavior_type behave(self_pointer self, script_ptr todo) {
    self->set_down_handler([todo](caf::down_msg& dm) {
      std::erase_if(todo->watchers,
                    [&](const auto& x) { return x.second == dm.source; });
    });
    return {
        [self, todo](discovery::register_atom, service_record& record,
                     caf::timespan ttl) -> caf::result<caf::ok_atom> {
          todo->registrations.push_back({std::move(record), ttl, self->clock().now()});
          if (todo->failure)
            return to_caf(*todo->failure);
          return caf::ok_atom::value;
        },
        [todo](discovery::deregister_atom,
               service_record& record) -> caf::result<caf::ok_atom> {
          todo->deregistrations.push_back(std::move(record));
          if (todo->failure)
            return to_caf(*todo->failure);
          return caf::ok_atom::value;
        },
        [self, todo](discovery::lookup_atom, const std::string& service) {
          return look_up(self, *todo, service);
        },
        [todo](discovery::list_atom) -> caf::result<std::vector<service_record>> {
          if (todo->failure)
            return to_caf(*todo->failure);
          return std::vector<service_record>{};
        },
        [self, todo](discovery::watch_atom, const std::string& service,
                     discovery::watcher_actor& watcher) {
          self->monitor(watcher);
          auto& known = todo->known[service];
          known.service = service;
          if (!todo->failure)
            self->send(watcher, known);
          todo->watchers.emplace_back(service, std::move(watcher));
        },
        [](discovery::name_atom) -> std::string { return "scripted"; },
        [todo](release_atom) {
          for (auto& [service, promise] : std::exchange(todo->held, {}))
            promise.deliver(todo->known[service]);
        },
    };
  }

  script_ptr script_;
  scripted_actor actor_;
  discovery::registry_actor handle_;
};

} // namespace mica::test
