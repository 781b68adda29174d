// The nodes of one service: what is known of each, and a strategy to choose by.

#pragma once

#include "mica/discovery/selector.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery {

/// Outlier ejection; names and defaults are Envoy's
/// (envoy.config.cluster.v3.OutlierDetection).
struct outlier_options {
  /// Failures in a row that eject a node; 0 ejects none.
  uint32_t consecutive_5xx = 5;
  /// How often success rates are looked at, and how long a node must stay in before its
  /// next ejection is a step shorter.
  std::chrono::milliseconds interval{10'000};
  /// Times the number of ejections a node has behind it.
  std::chrono::milliseconds base_ejection_time{30'000};
  std::chrono::milliseconds max_ejection_time{300'000};
  /// Of the nodes; one may always be ejected, if there are others.
  uint32_t max_ejection_percent = 10;
  /// Nodes with enough calls before success rates are compared.
  uint32_t success_rate_minimum_hosts = 5;
  /// Calls of a node in an interval for its rate to count.
  uint32_t success_rate_request_volume = 100;
  /// A node is ejected below mean - factor / 1000 * standard deviation.
  uint32_t success_rate_stdev_factor = 1'900;
};

struct balancer_options {
  outlier_options outlier;
  /// How long a node that joins others gets a growing part of its calls. 0: all at once
  /// (Envoy's default). Not for `hash`.
  std::chrono::milliseconds slow_start_window{0};
  /// A node that could not be reached is left alone for that long, twice as long each
  /// time in a row, and then tried by one call.
  std::chrono::milliseconds reconnect_time{1'000};
  std::chrono::milliseconds max_reconnect_time{30'000};
  /// Nodes that fail one of these are as if not there.
  std::vector<filter> filters;
};

/// Ejects nodes that fail much more than others. Pure; asks nobody for the time.
class outlier_detector {
public:
  explicit outlier_detector(outlier_options options) : options_(options) {
    // nop
  }

  /// Takes note of an attempt; may eject its node or, at the end of an interval, some.
  /// @param at listed in `nodes`, or left it
  void note(candidate& at, call_result result, const candidate_list& nodes,
            time_point now);

private:
  bool may_eject(const candidate_list& nodes, time_point now) const;
  void eject(candidate& x, time_point now) const;
  void end_interval(const candidate_list& nodes, time_point now);
  void compare_rates(const candidate_list& nodes, time_point now) const;

  outlier_options options_;
  /// Zero until the first attempt.
  time_point interval_end_ = {};
};

/// Picks nodes and learns from what becomes of it. Lives on one thread.
class balancer {
public:
  struct request {
    std::string_view key = {};
    std::span<const filter> filters = {};
    /// Addresses that were tried.
    std::span<const std::string> tried = {};
  };

  using node_ptr = std::shared_ptr<candidate>;

  balancer(std::unique_ptr<strategy> by, balancer_options options);

  /// Nodes that somebody still holds leave the snapshot.
  ~balancer();

  balancer(const balancer&) = delete;
  balancer& operator=(const balancer&) = delete;

  /// Replaces the nodes; those that stay keep what is known of them (same id, same
  /// address).
  void update(snapshot&& from, time_point now);

  const snapshot& current() const noexcept {
    return current_;
  }

  const candidate_list& nodes() const noexcept {
    return nodes_;
  }

  /// Null if no node passes the filters. Nodes that are out are picked if no other is
  /// left, and those that were tried come last of all.
  node_ptr pick(const request& what, time_point now);

  /// An attempt begins. Each must end.
  void begin(candidate& at, time_point now);
  void end(candidate& at, std::chrono::nanoseconds latency, call_result result,
           time_point now);

private:
  node_ptr make_node(time_point now);
  std::chrono::milliseconds reconnect_wait(uint32_t failures) const noexcept;

  std::unique_ptr<strategy> strategy_;
  balancer_options options_;
  outlier_detector outliers_;
  snapshot current_;
  candidate_list nodes_;
  uint64_t last_number_ = 0;
  uint32_t in_flight_ = 0;
  bool had_nodes_ = false;
};

} // namespace mica::discovery
