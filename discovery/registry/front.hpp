// The registry actor in front of an implementation.

#pragma once

#include "mica/discovery/registries.hpp"
#include "mica/net/lane.hpp"
#include "registry/lease_book.hpp"
#include "registry/lru_map.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace mica::discovery {

using push_atom = caf::atom_constant<caf::atom("push")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

/// How long a request to the backend may take. Consul's slowest takes 5 s; what takes
/// longer is not coming.
constexpr auto backend_patience = std::chrono::seconds{10};

/// The registry interface plus what the front says to itself.
using front_actor = registry_actor::extend<
    // What the watch number n at the backend has to say.
    caf::reacts_to<push_atom, uint64_t, snapshot>, caf::reacts_to<tick_atom>>;

/// Caches, watches and renews. Never blocks; every request to the backend has an end.
///
/// A cached service has one watch at the backend, through an actor of its own (the
/// probe): a watch ends with its watcher and in no other way. What is not found is not
/// cached: each lookup asks again, though never twice at a time.
class registry_front : public net::at_home<front_actor::base> {
public:
  using time_point = lease_book::time_point;
  using lookup_promise = caf::typed_response_promise<snapshot>;

  registry_front(caf::actor_config& cfg, registry_actor backend,
                 registry_options options);

  front_actor::behavior_type make_behavior() override;

  const char* name() const override {
    return "registry-front";
  }

  void on_exit() override;

private:
  /// Something was registered or deregistered through us: the next lookup sees it.
  enum class own_change { none, unseen, being_read };

  struct service_entry {
    /// Never loses its nodes because the backend is away.
    snapshot known;
    /// When the backend last said so; nothing: never.
    std::optional<time_point> confirmed;
    /// Watchers have heard of it, if only that the backend is away.
    bool told = false;
    time_point used;
    /// Since when `known` is kept although the backend, back again, lost it.
    std::optional<time_point> kept_since;
    own_change change = own_change::none;
    /// A lookup at the backend is open; pushes that came meanwhile.
    bool asking = false;
    size_t pushes = 0;
    std::vector<lookup_promise> waiting;
    std::vector<watcher_actor> watchers;
    watcher_actor probe;
    uint64_t probe_number = 0;
  };

  // -- lookups and watches (front_cache.cpp)
  caf::result<snapshot> look_up(const std::string& service);
  void watch(const std::string& service, watcher_actor& watcher);
  void forget_watcher(const caf::actor_addr& gone);
  void ask(const std::string& service, service_entry& x);
  void answered(const std::string& service, snapshot& what);
  void not_answered(const std::string& service, const caf::error& why);
  void change_was_read(service_entry& x);
  void pushed(uint64_t probe_number, snapshot& what);
  void learn(service_entry& x, std::vector<service_record>&& versions);
  void finish_asking(const std::string& service, service_entry& x,
                     const caf::error& otherwise);
  void inform(service_entry& x);
  void start_probe(const std::string& service, service_entry& x);
  void stop_probe(service_entry& x);
  void update_pin(const std::string& service, const service_entry& x);
  void drop(const std::string& service);
  void bound_cache();
  void sweep();
  void try_backend();
  snapshot current(const service_entry& x);
  service_entry& use(const std::string& service);
  static bool is_useless(const service_entry& x);

  // -- leases and the backend's health (front.cpp)
  caf::result<caf::ok_atom> put(service_record& record, caf::timespan ttl);
  caf::result<caf::ok_atom> remove(service_record& record);
  void renew();
  void backend_answered();
  void backend_failed(const caf::error& why);
  void backend_is_away(time_point since);
  void backend_ended();
  caf::error explain(const caf::error& why) const;
  void changed_by_us(const std::string& service);
  void on_tick();
  void start_timer();
  double random();

  time_point now() {
    return clock().now();
  }

  template <class T, class... Ts>
  caf::typed_response_promise<T> pass_on(Ts&&... xs);

  registry_actor backend_;
  registry_options options_;
  std::mt19937_64 random_{std::random_device{}()};
  lru_map<service_entry> cache_;
  lease_book leases_;
  size_t waiting_ = 0;
  uint64_t last_probe_ = 0;

  bool backend_is_dead_ = false;
  time_point last_contact_;
  std::optional<time_point> away_since_;
  time_point was_away_since_;
  size_t failed_tries_ = 0;
  /// When to ask the backend, which is away, again.
  std::optional<time_point> try_at_;
  /// Until when a service that vanished while the backend was away may come back.
  std::optional<time_point> keep_until_;
  time_point sweep_at_;
  /// When the earliest pending timer fires.
  std::optional<time_point> timer_;
};

} // namespace mica::discovery
