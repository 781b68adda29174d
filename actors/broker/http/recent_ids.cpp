#include "broker/http/recent_ids.hpp"

#include <functional>
#include <utility>

namespace mica::broker::http {

std::string event_key(std::string_view micro_id, std::string_view body) {
  if (micro_id.empty())
    return {};
  std::string result{micro_id};
  result += ' ';
  result += std::to_string(body.size());
  result += ' ';
  result += std::to_string(std::hash<std::string_view>{}(body));
  return result;
}

recent_ids::recent_ids(size_t most, std::chrono::nanoseconds time)
  : most_(most),
    time_(time) {
  // nop
}

void recent_ids::add(const std::string& key, time_point now) {
  if (key.empty() || most_ == 0)
    return;
  forget(now);
  if (!since_.emplace(key, now).second)
    return;
  order_.emplace_back(now, key);
  if (order_.size() > most_) {
    since_.erase(order_.front().second);
    order_.pop_front();
  }
}

bool recent_ids::contains(const std::string& key, time_point now) {
  forget(now);
  return since_.find(key) != since_.end();
}

void recent_ids::forget(time_point now) {
  while (!order_.empty() && order_.front().first + time_ <= now) {
    since_.erase(order_.front().second);
    order_.pop_front();
  }
}

} // namespace mica::broker::http
