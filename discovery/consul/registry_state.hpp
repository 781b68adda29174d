// What the consul registry actor owns.

#pragma once

#include "consul/registrations.hpp"
#include "consul/watch_table.hpp"
#include "http/http_registry.hpp"
#include "registry/reporter.hpp"
#include "registry/watcher_book.hpp"

#include "mica/discovery/actors.hpp"
#include "mica/discovery/registries.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace mica::discovery::consul {

/// The state of the actor and what its messages do. Everything happens in the actor.
class registry_state {
public:
  using self_pointer = http_registry_actor::stateful_pointer<registry_state>;
  using time_point = watch_table::time_point;

  registry_state() = default;

  /// Fails if the options make no sense or the worker has no thread; every request is
  /// then answered with this.
  mica::error begin(self_pointer self, consul_options options);

  void add(const service_record& record, caf::timespan ttl,
           registrations::handler done);
  void remove(const service_record& record, registrations::handler done);
  void lookup(const std::string& service, std::function<void(expected<snapshot>)> done);
  void list(std::function<void(expected<std::vector<service_record>>)> done);

  /// Fails with `errc::limit_exceeded` if too many services are watched.
  mica::error watch(const std::string& service, watcher_actor watcher);
  void forget(const caf::actor_addr& watcher);

  void complete(const http_done& x);
  /// Its answers come whole.
  void take_part(const http_part&) {
    // nop
  }

  /// Begins the queries that are due and sets the clock for the next ones.
  void on_due();

  /// Name of this actor in log output.
  static inline const char* name = "consul-registry";
  static constexpr const char* registry_name = "consul";

private:
  time_point now() const;
  void query(const watch_table::query& x);
  void take_answer(const std::string& service, expected<http_answer> answer);
  void take_failure(const std::string& service, const mica::error& failure);
  void observe(const mica::error& failure);
  void report(const std::string& line);

  self_pointer self_ = nullptr;
  consul_options options_;
  /// Outlives its users below.
  std::unique_ptr<worker_port> port_;
  std::unique_ptr<agent_client> agent_;
  std::unique_ptr<registrations> registrations_;
  std::unique_ptr<watch_table> table_;
  watcher_book watched_;
  /// Open queries, by service.
  std::map<std::string, uint64_t> queries_;
  reporter reports_;
  std::minstd_rand random_;
  std::optional<time_point> armed_;
  bool away_ = false;
};

} // namespace mica::discovery::consul
