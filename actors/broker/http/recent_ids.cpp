#include "broker/http/recent_ids.hpp"

#include <functional>

namespace mica::broker::http {

event_key key_of(std::string_view micro_id, std::string_view body) {
  std::hash<std::string_view> hash;
  return {hash(micro_id), hash(body)};
}

recent_ids::recent_ids(size_t most, std::chrono::nanoseconds time)
  : most_(most),
    time_(time) {
  // nop
}

void recent_ids::add(const event_key& key, time_point now) {
  if (most_ == 0)
    return;
  forget(now);
  if (!known_.insert(key).second)
    return;
  order_.emplace_back(now, key);
  if (order_.size() > most_)
    forget_oldest();
}

bool recent_ids::contains(const event_key& key, time_point now) {
  forget(now);
  return known_.find(key) != known_.end();
}

void recent_ids::forget(time_point now) {
  while (!order_.empty() && order_.front().first + time_ <= now)
    forget_oldest();
}

void recent_ids::forget_oldest() {
  known_.erase(order_.front().second);
  order_.pop_front();
}

} // namespace mica::broker::http
