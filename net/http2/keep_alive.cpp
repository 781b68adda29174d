#include "http2/keep_alive.hpp"

#include <algorithm>

namespace mica::net::http2 {

namespace {

// 2^3: an eighth.
constexpr unsigned most_doublings = 3;

} // namespace

keep_alive::keep_alive(const http2_limits& limits)
  : ping_time_(limits.ping_time),
    timeout_(limits.ping_timeout) {
  // nop
}

std::chrono::milliseconds keep_alive::interval() const noexcept {
  return waiting_ ? timeout_ : ping_time_ * (1 << quiet_pings_);
}

void keep_alive::on_received(time_point now) noexcept {
  since_ = now;
  quiet_pings_ = 0;
  // Whoever sends is there; the answer may come later.
  waiting_ = false;
}

void keep_alive::on_answer(time_point now) noexcept {
  since_ = now;
  if (waiting_)
    quiet_pings_ = std::min(quiet_pings_ + 1, most_doublings);
  waiting_ = false;
}

keep_alive::time_point keep_alive::due(bool wanted) const noexcept {
  if (since_ == time_point::max() || ping_time_.count() <= 0 || (!wanted && !waiting_))
    return time_point::max();
  return since_ + interval();
}

keep_alive::action keep_alive::expire(time_point now, bool wanted) noexcept {
  if (now < due(wanted))
    return action::none;
  if (waiting_)
    return action::give_up;
  waiting_ = true;
  since_ = now;
  return action::ping;
}

} // namespace mica::net::http2
