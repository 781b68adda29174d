// What a client knows of services: nodes, strategies, and who waits for the first.

#pragma once

#include "client/retry_budget.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/discovery/balancer.hpp"
#include "mica/discovery/records.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace mica::detail {

struct directory_options {
  /// Makes the strategy of each service. Default: `random`.
  discovery::selector_source selector = {"random", discovery::random_strategy};
  discovery::balancer_options balancing = {};
  retry_budget_options budget = {};
  /// How the registry is called in errors.
  std::string registry = {};
  /// Calls that wait for the first answer of the registry, per service; beyond:
  /// errc::overloaded.
  size_t waiting_calls = 10'000;
  /// Services whose snapshots are kept; beyond: errc::overloaded.
  size_t known_services = 10'000;
  /// Calls to a service that the registry does not know fail at once for that long; its
  /// watch ends that earlier. Only if the registry took longer than `slow_lookup` to
  /// say so: a quick one is asked each time, which misses nothing that is new.
  std::chrono::milliseconds negative_time{500};
  std::chrono::milliseconds slow_lookup{10};
};

/// Picks nodes. Lives on the I/O lane; asks the registry through its helpers.
class directory {
public:
  using time_point = std::chrono::steady_clock::time_point;

  using request = discovery::balancer::request;

  /// Its node and version are those of the moment: the next update may take them away.
  using found_node = expected<discovery::balancer::node_ptr>;

  struct helpers {
    /// From now on `update` shall hear of this service.
    std::function<void(const std::string& service)> on_watch;
    /// `update` or `not_found` shall answer.
    std::function<void(const std::string& service)> on_look_up;
    /// `sweep` shall be called after `sweep_time`.
    std::function<void()> on_sweep_wanted;
  };

  /// How often calls that wait for the registry are held against their deadlines.
  static constexpr std::chrono::milliseconds sweep_time{50};

  directory(directory_options options, uint64_t seed);

  void use(helpers what) {
    helpers_ = std::move(what);
  }

  /// Picks a node that was not tried, or any if all were. Nothing if the registry was
  /// not heard of this service yet: `wait` then. Fails with `errc::none_available`,
  /// `errc::overloaded`.
  std::optional<found_node> pick(const std::string& service, const request& what,
                                 time_point now);

  /// Calls `then` with the outcome of `pick` once the registry has answered; fails
  /// with `errc::service_not_found`, `errc::unavailable` (registry), `errc::timeout`,
  /// `errc::overloaded` too. @pre `pick` returned nothing
  /// @param what points to what lives as long as `then`
  void wait(const std::string& service, const request& what, time_point deadline,
            std::function<void(found_node)> then);

  /// Tells the balancer of an attempt; each that begins must end. A service that was
  /// forgotten hears nothing.
  void begin(const std::string& service, discovery::candidate& at, time_point now);
  void end(const std::string& service, discovery::candidate& at,
           std::chrono::nanoseconds latency, discovery::call_result result,
           time_point now);

  /// What repetitions of calls to this service come from; null for unknown ones.
  retry_budget* budget(const std::string& service);

  /// `consul`, or `the registry`.
  const std::string& registry() const noexcept {
    return options_.registry;
  }

  void update(discovery::snapshot&& x, time_point now);
  void not_found(const std::string& service, const error& problem, time_point now);
  void sweep(time_point now);

  /// Fails all who wait.
  void close(const error& why);

private:
  struct waiter {
    request what;
    time_point deadline;
    std::function<void(found_node)> then;
  };

  struct known_service {
    std::unique_ptr<discovery::balancer> nodes;
    retry_budget budget;
    /// When the lookup under way began.
    time_point asked = {};
    /// The registry does not know it, as of late.
    time_point missing_until = {};
    /// A lookup is under way while not empty.
    std::vector<waiter> waiting;
  };

  error missing(const std::string& service) const;
  found_node choose(known_service& from, const request& what, time_point now) const;
  void arm();

  directory_options options_;
  helpers helpers_;
  std::mt19937_64 seeds_;
  std::unordered_map<std::string, known_service> services_;
  bool armed_ = false;
};

} // namespace mica::detail
