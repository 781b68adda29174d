#include "gossip/suspicion.hpp"

#include <cmath>

namespace mica::discovery::gossip {

milliseconds suspicion_timeout(int multiplier, size_t members, milliseconds interval) {
  auto scale = std::max(1.0, std::log10(std::max<double>(1, members)));
  return milliseconds{static_cast<int64_t>(multiplier * scale * interval.count())};
}

int retransmit_limit(int multiplier, size_t members) {
  return multiplier * static_cast<int>(std::ceil(std::log10(members + 1)));
}

milliseconds push_pull_interval(milliseconds interval, size_t members) {
  constexpr size_t threshold = 32;
  if (members <= threshold)
    return interval;
  return interval * (static_cast<int>(std::ceil(std::log2(members) - 5)) + 1);
}

bool suspicion::confirm(const std::string& from) {
  if (count_ >= wanted_ || !accusers_.insert(from).second)
    return false;
  ++count_;
  return true;
}

time_point suspicion::deadline() const {
  if (wanted_ < 1)
    return start_ + least_;
  auto part = std::log(count_ + 1.0) / std::log(wanted_ + 1.0);
  auto left = static_cast<double>(most_.count())
              - part * static_cast<double>((most_ - least_).count());
  return start_ + std::max(least_, milliseconds{static_cast<int64_t>(left)});
}

} // namespace mica::discovery::gossip
