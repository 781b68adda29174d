#include "wrapper/metrics_core.hpp"

#include <prometheus/text_serializer.h>

#include <utility>

namespace mica::detail {

namespace {

// The first three are those of Go Micro's wrapper/monitoring/prometheus.
template <class Builder>
auto& family(Builder builder, const char* name, const char* help,
             prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

} // namespace

metrics_core::metrics_core(metrics_options how)
  : how_(std::move(how)),
    requests_(family(prometheus::BuildCounter(), "micro_request_total",
                     "Requests processed, partitioned by endpoint and status",
                     registry_)),
    latency_(family(prometheus::BuildSummary(), "micro_latency_microseconds",
                    "Request latencies in microseconds, partitioned by endpoint",
                    registry_)),
    duration_(family(prometheus::BuildHistogram(), "micro_request_duration_seconds",
                     "Request time in seconds, partitioned by endpoint", registry_)),
    in_flight_(family(prometheus::BuildGauge(), "mica_requests_in_flight",
                      "Requests that are not answered yet, partitioned by endpoint",
                      registry_)),
    attempts_(family(prometheus::BuildCounter(), "mica_attempts_total",
                     "Attempts of calls, partitioned by endpoint and status",
                     registry_)),
    messages_(family(prometheus::BuildCounter(), "mica_stream_messages_total",
                     "Messages of streams, partitioned by endpoint and direction",
                     registry_)) {
  // nop
}

void metrics_core::identify(std::string name, std::string version, std::string id) {
  std::lock_guard guard{mtx_};
  identity_ = {{"micro_name", std::move(name)},
               {"micro_version", std::move(version)},
               {"micro_id", std::move(id)}};
}

metrics_core::labels metrics_core::base(std::string_view endpoint) const {
  auto result = identity_;
  result.emplace("micro_endpoint", endpoint);
  return result;
}

template <class T, class Make>
T& metrics_core::find(by_name<T>& where, std::string_view name, Make make) {
  std::lock_guard guard{mtx_};
  auto found = where.find(name);
  if (found == where.end()) {
    // Names come from peers and from programs: they must not grow without end.
    if (where.size() >= how_.endpoints)
      name = "other";
    found = where.find(name);
    if (found == where.end())
      found = where.emplace(std::string{name}, make(base(name))).first;
  }
  return found->second;
}

void metrics_core::calls::end(bool failed, std::chrono::nanoseconds elapsed) const {
  in_flight->Decrement();
  (failed ? failure : success)->Increment();
  latency->Observe(static_cast<double>(elapsed.count()) / 1e3);
  duration->Observe(static_cast<double>(elapsed.count()) / 1e9);
}

const metrics_core::calls& metrics_core::of_calls(std::string_view endpoint) {
  return find(calls_, endpoint, [this](const labels& x) {
    auto with = [&x](const char* status) {
      auto result = x;
      result.emplace("micro_status", status);
      return result;
    };
    return calls{&requests_.Add(with("success")), &requests_.Add(with("failure")),
                 &latency_.Add(x, prometheus::Summary::Quantiles{}),
                 &duration_.Add(x, how_.buckets), &in_flight_.Add(x)};
  });
}

prometheus::Counter& metrics_core::of_attempts(std::string_view endpoint, bool failed) {
  auto& both = find(attempts_of_, endpoint, [this](labels x) {
    auto ok = x;
    ok.emplace("micro_status", "success");
    x.emplace("micro_status", "failure");
    return std::pair{&attempts_.Add(ok), &attempts_.Add(x)};
  });
  return failed ? *both.second : *both.first;
}

prometheus::Counter& metrics_core::of_messages(std::string_view endpoint, bool sent) {
  auto& both = find(messages_of_, endpoint, [this](labels x) {
    auto in = x;
    in.emplace("direction", "received");
    x.emplace("direction", "sent");
    return std::pair{&messages_.Add(in), &messages_.Add(x)};
  });
  return sent ? *both.second : *both.first;
}

std::string metrics_core::text() const {
  return prometheus::TextSerializer{}.Serialize(registry_.Collect());
}

} // namespace mica::detail
