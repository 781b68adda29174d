#include "mica/discovery/balancer.hpp"

#include <algorithm>
#include <cmath>

namespace mica::discovery {

void outlier_detector::note(candidate& at, call_result result,
                            const candidate_list& nodes, time_point now) {
  if (interval_end_ == time_point{})
    interval_end_ = now + options_.interval;
  else if (now >= interval_end_)
    end_interval(nodes, now);
  if (result == call_result::unknown)
    return;
  auto& x = at.outlier;
  ++x.requests;
  if (result == call_result::success) {
    ++x.successes;
    x.consecutive_failures = 0;
    return;
  }
  ++x.consecutive_failures;
  // Attempts that were under way when it was ejected tell nothing new.
  if (options_.consecutive_5xx == 0 || x.consecutive_failures < options_.consecutive_5xx
      || x.ejected_until > now || at.where == nullptr || !may_eject(nodes, now))
    return;
  eject(at, now);
}

bool outlier_detector::may_eject(const candidate_list& nodes, time_point now) const {
  if (nodes.size() < 2)
    return false;
  auto out = static_cast<size_t>(
      std::count_if(nodes.begin(), nodes.end(),
                    [now](const auto& x) { return x->outlier.ejected_until > now; }));
  return out == 0 || out * 100 < nodes.size() * options_.max_ejection_percent;
}

void outlier_detector::eject(candidate& x, time_point now) const {
  ++x.outlier.ejections;
  x.outlier.consecutive_failures = 0;
  // Envoy's rule: base times count, bounded, but never below the base itself.
  auto most = std::max(options_.max_ejection_time, options_.base_ejection_time);
  auto time = std::min<std::chrono::milliseconds>(
      options_.base_ejection_time
          * static_cast<int64_t>(std::min(x.outlier.ejections, uint32_t{1'000'000})),
      most);
  x.outlier.ejected_until = now + time;
  x.available_at = std::max(x.available_at, x.outlier.ejected_until);
}

void outlier_detector::end_interval(const candidate_list& nodes, time_point now) {
  compare_rates(nodes, now);
  auto intervals = 1 + (now - interval_end_) / options_.interval;
  for (const auto& x : nodes) {
    x->outlier.requests = 0;
    x->outlier.successes = 0;
    if (x->outlier.ejected_until > now)
      continue;
    // Intervals that it was out for do not count.
    auto healthy = std::min<int64_t>(intervals, (now - x->outlier.ejected_until)
                                                    / options_.interval);
    auto less = std::min<int64_t>(healthy, x->outlier.ejections);
    x->outlier.ejections -= static_cast<uint32_t>(less);
  }
  interval_end_ += intervals * options_.interval;
}

void outlier_detector::compare_rates(const candidate_list& nodes,
                                     time_point now) const {
  auto counts = [&](const auto& x) {
    return x->outlier.requests >= options_.success_rate_request_volume
           && x->outlier.ejected_until <= now;
  };
  auto rate = [](const auto& x) {
    return static_cast<double>(x->outlier.successes)
           / static_cast<double>(x->outlier.requests);
  };
  double count = 0;
  double sum = 0;
  double squares = 0;
  for (const auto& x : nodes)
    if (counts(x)) {
      auto y = rate(x);
      count += 1;
      sum += y;
      squares += y * y;
    }
  if (count < 2 || count < options_.success_rate_minimum_hosts)
    return;
  auto mean = sum / count;
  auto deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
  auto bound = mean - deviation * options_.success_rate_stdev_factor / 1000;
  // What rounding does to equal rates is no outlier.
  constexpr double noise = 1e-9;
  for (const auto& x : nodes)
    if (counts(x) && rate(x) < bound - noise && may_eject(nodes, now))
      eject(*x, now);
}

} // namespace mica::discovery
