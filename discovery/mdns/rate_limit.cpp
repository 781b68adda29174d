#include "mdns/rate_limit.hpp"

#include <algorithm>

namespace mica::discovery::mdns {

bool token_bucket::take(uint32_t rate, time_point now) {
  if (now > last_) {
    std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min<double>(rate, tokens_ + passed.count() * rate);
    last_ = now;
  }
  if (tokens_ < 1.0)
    return false;
  tokens_ -= 1.0;
  return true;
}

bool source_limiter::take(const ip_address& source, time_point now) {
  auto found = index_.find(source);
  if (found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  } else {
    if (entries_.size() == max_sources) {
      index_.erase(entries_.back().source);
      entries_.pop_back();
    }
    entries_.push_front({source, token_bucket{rate_, now}});
    index_.emplace(source, entries_.begin());
  }
  return entries_.front().bucket.take(rate_, now);
}

} // namespace mica::discovery::mdns
