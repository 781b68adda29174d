#include "http2/abuse_meter.hpp"

#include <algorithm>

namespace mica::net::http2 {

namespace {

constexpr int64_t event = 1'000'000;

// A SETTINGS frame costs an answer and walks all streams; an empty DATA frame has no
// use at all.
constexpr size_t settings_cost = 10;
constexpr size_t empty_data_cost = 10;

constexpr size_t stream_credit = 4;
constexpr size_t data_credit = 2;

constexpr size_t tiny_bytes = 1024;

int64_t in_millionths(size_t events) noexcept {
  // No sane limit is near the bound; an insane one must not overflow.
  return static_cast<int64_t>(std::min<size_t>(events, 1'000'000'000)) * event;
}

} // namespace

token_bucket::token_bucket(size_t burst, size_t per_second)
  : full_(in_millionths(burst)),
    rate_(in_millionths(per_second)),
    left_(full_) {
  // nop
}

void token_bucket::refill(time_point now) noexcept {
  using namespace std::chrono;
  if (left_ == full_) {
    filled_ = now;
    return;
  }
  auto passed = duration_cast<microseconds>(now - filled_);
  if (passed < 1ms)
    return;
  filled_ = now;
  // After an hour every bucket is full, and the product fits.
  auto seconds_at_most = std::min<int64_t>(passed.count(), 3'600'000'000);
  auto gained = rate_ / event * seconds_at_most;
  left_ = gained >= full_ - left_ ? full_ : left_ + gained;
}

void token_bucket::give(size_t events) noexcept {
  left_ = std::min(full_, left_ + in_millionths(events));
}

bool token_bucket::take(size_t events) noexcept {
  auto cost = in_millionths(events);
  if (left_ < cost)
    return false;
  left_ -= cost;
  return true;
}

abuse_meter::abuse_meter(const http2_limits& limits)
  : resets_(limits.resets, limits.resets_per_second),
    control_(limits.control_frames, limits.control_frames_per_second) {
  // nop
}

void abuse_meter::at(time_point now) noexcept {
  resets_.refill(now);
  control_.refill(now);
}

bool abuse_meter::received(const frame_head& frame) noexcept {
  switch (frame.type) {
    case frame_type::data:
      // What is padded may be nothing else.
      if ((frame.flags & frame_flag::padded) != 0)
        return control_.take(1);
      if (frame.length > 0) {
        control_.give(data_credit);
        return true;
      }
      return (frame.flags & frame_flag::end_stream) != 0
             || control_.take(empty_data_cost);
    case frame_type::settings:
      return (frame.flags & frame_flag::ack) != 0 || control_.take(settings_cost);
    case frame_type::headers:
    case frame_type::continuation:
    case frame_type::goaway:
    case frame_type::push_promise:
      // Bounded by other means: streams, header bytes, the end.
      return true;
    case frame_type::priority:
    case frame_type::rst_stream:
    case frame_type::ping:
    case frame_type::window_update:
      break;
  }
  return control_.take(1);
}

bool abuse_meter::wasted_stream() noexcept {
  return resets_.take(1);
}

void abuse_meter::opened_stream() noexcept {
  control_.give(stream_credit);
}

void abuse_meter::sent_data(size_t bytes, bool cut) noexcept {
  if (!cut || bytes >= tiny_bytes)
    control_.give(data_credit);
}

} // namespace mica::net::http2
