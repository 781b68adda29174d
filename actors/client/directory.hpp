// What a client knows of services: snapshots, strategies, and who waits for the first.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"
#include "mica/discovery/selector.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mica::detail {

struct directory_options {
  /// `random` or `roundrobin`.
  std::string selector = "random";
  /// Calls that wait for the first answer of the registry, per service; beyond:
  /// errc::overloaded.
  size_t waiting_calls = 10'000;
  /// Services whose snapshots are kept; beyond: errc::overloaded.
  size_t known_services = 10'000;
};

/// Picks nodes. Lives on the I/O lane; asks the registry through its helpers.
class directory {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Valid while the callback runs, or until the next call of the directory.
  using found_node = expected<const discovery::node*>;

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

  /// Picks a node that is not in `tried` (addresses), or any if all were. Nothing if
  /// the registry was not heard of this service yet: `wait` then. Fails with
  /// `errc::none_available`, `errc::overloaded`.
  std::optional<found_node> pick(const std::string& service,
                                 std::span<const std::string> tried);

  /// Calls `then` with the outcome of `pick` once the registry has answered; fails
  /// with `errc::service_not_found`, `errc::unavailable` (registry), `errc::timeout`,
  /// `errc::overloaded` too. @pre `pick` returned nothing
  void wait(const std::string& service, std::vector<std::string> tried,
            time_point deadline, std::function<void(found_node)> then);

  void update(discovery::snapshot&& x);
  void not_found(const std::string& service, const error& problem);
  void sweep(time_point now);

  /// Fails all who wait.
  void close(const error& why);

private:
  struct waiter {
    std::vector<std::string> tried;
    time_point deadline;
    std::function<void(found_node)> then;
  };

  struct known_service {
    discovery::snapshot current;
    std::unique_ptr<discovery::strategy> strategy;
    /// A lookup is under way while not empty.
    std::vector<waiter> waiting;
  };

  found_node choose(known_service& from, std::span<const std::string> tried);
  void arm();

  directory_options options_;
  helpers helpers_;
  std::mt19937_64 seeds_;
  std::unordered_map<std::string, known_service> services_;
  bool armed_ = false;
};

} // namespace mica::detail
