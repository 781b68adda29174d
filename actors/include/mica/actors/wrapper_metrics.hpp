// Metrics of calls, for Prometheus.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/actors/handler.hpp"
#include "mica/actors/subscriber.hpp"
#include "mica/actors/wrapper.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica {

namespace detail {
class metrics_core;
}

/// docs/guide/wrappers.md lists the names.
struct metrics_options {
  /// Upper bounds of the histogram's buckets, in seconds, ascending. Default:
  /// Prometheus' own.
  std::vector<double> buckets = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  /// Endpoints that are counted apart, of each kind; further ones count as `other`.
  size_t endpoints = 1000;
};

/// What is counted, shared by all copies and by every wrapper made of them.
/// Thread-safe. A service with `service_options::metrics` or `admin_address` counts by
/// itself; else list the wrappers.
class metrics {
public:
  explicit metrics(metrics_options how = {});

  /// The labels `micro_name`, `micro_version` and `micro_id` of what is counted from
  /// now on. A service says so of itself when it starts.
  void identify(std::string name, std::string version, std::string id);

  handler_wrapper handler() const;
  client_wrapper client() const;
  call_wrapper call() const;
  stream_wrapper stream() const;
  /// Deliveries, as calls of an endpoint that is named like the topic.
  subscriber_wrapper subscriber() const;

  /// All of it, in Prometheus' text format 0.0.4. Empty without MICA_WITH_METRICS.
  std::string text() const;

  /// Whether mica was built with MICA_WITH_METRICS.
  static bool available() noexcept;

private:
  std::shared_ptr<detail::metrics_core> core_;
};

} // namespace mica
