// What the registry contract needs to know of an implementation, and its hands.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/actors.hpp"
#include "mica/discovery/capabilities.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/duration.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mica::test {

/// In what one registry may differ from another.
struct registry_traits {
  /// What it answers to `name_atom`.
  std::string name;
  /// How long a change may take until a lookup or a watcher sees it; zero means that it
  /// is seen when the change was acknowledged. A limit, not a delay.
  caf::timespan settle{0};
  /// What it declares.
  discovery::registry_capabilities can = {};
  /// How long a node may stay after the end of its lease.
  caf::timespan lease_slack{0};
  /// Nodes of the large service; endpoints of it.
  size_t many_nodes = 200;
  size_t many_endpoints = 100;
};

/// A watcher that keeps what it is told.
class recorder {
public:
  explicit recorder(caf::actor_system& system);

  const discovery::watcher_actor& handle() const {
    return handle_;
  }

  /// Every snapshot so far, oldest first.
  std::vector<discovery::snapshot> taken() const;

  /// The latest snapshot, with no service name if there is none.
  discovery::snapshot last() const;

private:
  struct shared_list {
    std::mutex mtx;
    std::vector<discovery::snapshot> items;
  };

  std::shared_ptr<shared_list> list_;
  discovery::watcher_actor handle_;
};

/// A registry in its surroundings. Derive from `virtual_registry_world` or
/// `real_registry_world` and call `use` in the constructor.
class registry_world {
public:
  explicit registry_world(registry_traits traits);
  registry_world(const registry_world&) = delete;
  registry_world& operator=(const registry_world&) = delete;
  virtual ~registry_world();

  virtual caf::actor_system& system() = 0;
  virtual caf::scoped_actor& self() = 0;

  /// Delivers what was sent; returns at once where actors run by themselves.
  virtual void deliver() = 0;

  /// Returns true as soon as `holds()` does, false if it does not within
  /// `traits().settle + extra`. Virtual time jumps, real time is waited for.
  virtual bool eventually(const std::function<bool()>& holds,
                          caf::timespan extra = caf::timespan{0}) = 0;

  const registry_traits& traits() const {
    return traits_;
  }

  /// Names the registry under test and, where two can share a world, a second one. Both
  /// are ended with the world.
  void use(discovery::registry_actor registry, discovery::registry_actor other = {});

  /// Names a registry behind the others that is to be ended after them.
  void also_end(discovery::registry_actor behind);

  const discovery::registry_actor& registry() const {
    return registry_;
  }

  /// Null where an implementation can't see another one.
  const discovery::registry_actor& other() const {
    return other_;
  }

  /// A name that no other case and no other process uses: servers may be shared.
  std::string unique(const std::string& name) const;

  expected<caf::ok_atom> put(const discovery::service_record& record,
                             caf::timespan ttl = caf::timespan{0});
  expected<caf::ok_atom> drop(const discovery::service_record& record);
  expected<discovery::snapshot> look_up(const std::string& service);
  expected<discovery::snapshot> look_up(const discovery::registry_actor& at,
                                        const std::string& service);
  expected<std::vector<discovery::service_record>> list();
  expected<std::string> name();

  /// Watches a service at `registry()`, or elsewhere.
  recorder watch(const std::string& service);
  recorder watch(const discovery::registry_actor& at, const std::string& service);

  /// Sends a request and returns its reply.
  template <class T, class... Ts>
  expected<T> ask(const discovery::registry_actor& to, Ts&&... xs) {
    auto pending = self()->request(to, patience(), std::forward<Ts>(xs)...);
    deliver();
    expected<T> result{error{errc::internal, "no answer"}};
    pending.receive([&](T& x) { result = std::move(x); },
                    [&](caf::error& x) { result = from_caf(x); });
    return result;
  }

protected:
  /// After which a request counts as unanswered.
  virtual caf::duration patience() const = 0;

  /// Ends the registries; to be called by the destructors of derived worlds.
  void end_registries();

private:
  registry_traits traits_;
  discovery::registry_actor registry_;
  discovery::registry_actor other_;
  std::vector<discovery::registry_actor> behind_;
  std::string suffix_;
};

} // namespace mica::test
