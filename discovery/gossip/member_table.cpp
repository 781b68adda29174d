#include "gossip/member_table.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

host_port member::at() const {
  return {to_ip(addr).value_or(ip_address{}), port, 0};
}

alive member::to_alive() const {
  return {incarnation, name, addr, port, meta, vsn};
}

member* member_table::find(const std::string& name) {
  auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

const member* member_table::find(const std::string& name) const {
  auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

size_t member_table::below(size_t n) {
  return std::uniform_int_distribution<size_t>{0, n - 1}(random_);
}

member& member_table::add(std::string name) {
  auto& result = members_[name];
  result.name = std::move(name);
  order_.push_back(&result);
  std::swap(order_.back(), order_[below(order_.size())]);
  return result;
}

std::vector<member*>
member_table::pick(size_t count, const std::function<bool(const member&)>& fits) {
  std::vector<member*> result;
  if (order_.empty())
    return result;
  auto take = [&](member* x) {
    if (fits(*x) && std::find(result.begin(), result.end(), x) == result.end())
      result.push_back(x);
  };
  if (order_.size() < 8 * count) {
    auto shuffled = order_;
    std::shuffle(shuffled.begin(), shuffled.end(), random_);
    for (auto x : shuffled)
      if (result.size() < count)
        take(x);
    return result;
  }
  for (size_t i = 0; i < 3 * order_.size() && result.size() < count; ++i)
    take(order_[below(order_.size())]);
  return result;
}

member* member_table::next() {
  return next_ < order_.size() ? order_[next_++] : nullptr;
}

void member_table::new_round(time_point since) {
  auto forgotten = [&](const member* x) { return x->gone() && x->changed < since; };
  std::vector<member*> kept;
  for (auto x : order_) {
    if (forgotten(x))
      members_.erase(std::string{x->name});
    else
      kept.push_back(x);
  }
  order_ = std::move(kept);
  std::shuffle(order_.begin(), order_.end(), random_);
  next_ = 0;
}

} // namespace mica::discovery::gossip
