#include "wrapper/token_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace mica::detail {

token_bucket::token_bucket(double per_second, double burst, time_point now)
  : per_second_(std::max(per_second, 1e-9)),
    burst_(std::max(burst, 1.0)),
    tokens_(burst_),
    last_(now) {
  // nop
}

bool token_bucket::take(time_point now) {
  if (now > last_) {
    std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    last_ = now;
  }
  if (tokens_ < 1)
    return false;
  tokens_ -= 1;
  return true;
}

std::chrono::nanoseconds token_bucket::wait() const {
  if (tokens_ >= 1)
    return std::chrono::nanoseconds{0};
  constexpr auto most = 1e18;
  auto ns = std::ceil((1 - tokens_) / per_second_ * 1e9);
  return std::chrono::nanoseconds{static_cast<int64_t>(std::min(ns, most))};
}

} // namespace mica::detail
