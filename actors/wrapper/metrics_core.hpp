// The numbers behind mica::metrics.

#pragma once

#include "mica/actors/wrapper_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace mica::detail {

/// Counts by endpoint. Thread-safe. A series is looked up once a call, by one name;
/// what it points to lives as long as this.
class metrics_core {
public:
  explicit metrics_core(metrics_options how);

  void identify(std::string name, std::string version, std::string id);

  /// What is counted of the calls of one endpoint.
  struct calls {
    prometheus::Counter* success;
    prometheus::Counter* failure;
    prometheus::Summary* latency;
    prometheus::Histogram* duration;
    prometheus::Gauge* in_flight;

    void begin() const {
      in_flight->Increment();
    }
    void end(bool failed, std::chrono::nanoseconds elapsed) const;
  };

  /// @param endpoint `Greeter.Hello` for calls that are answered,
  ///        `greeter.Greeter.Hello` for those that are made, a topic for events.
  const calls& of_calls(std::string_view endpoint);

  /// @param failed of an attempt.
  prometheus::Counter& of_attempts(std::string_view endpoint, bool failed);
  prometheus::Counter& of_messages(std::string_view endpoint, bool sent);

  std::string text() const;

private:
  template <class T>
  using by_name = std::map<std::string, T, std::less<>>;
  using labels = prometheus::Labels;

  labels base(std::string_view endpoint) const;

  template <class T, class Make>
  T& find(by_name<T>& where, std::string_view name, Make make);

  const metrics_options how_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Summary>& latency_;
  prometheus::Family<prometheus::Histogram>& duration_;
  prometheus::Family<prometheus::Gauge>& in_flight_;
  prometheus::Family<prometheus::Counter>& attempts_;
  prometheus::Family<prometheus::Counter>& messages_;
  mutable std::mutex mtx_;
  labels identity_;
  by_name<calls> calls_;
  by_name<std::pair<prometheus::Counter*, prometheus::Counter*>> attempts_of_;
  by_name<std::pair<prometheus::Counter*, prometheus::Counter*>> messages_of_;
};

} // namespace mica::detail
