// When a server connection ends, and how.

#include "io/server_connection.hpp"

#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::net {

std::chrono::milliseconds server_connection::patience() const {
  const auto& limits = core_->limits;
  // An answer that never comes must not hold the socket of a peer that has left.
  if (half_open_)
    return limits.idle_time;
  switch (phase_) {
    case http1::phase::idle:
      return core_->draining ? limits.drain_idle_time : limits.idle_time;
    case http1::phase::header:
      return limits.header_time;
    case http1::phase::body:
      return limits.body_time;
    default:
      return std::chrono::milliseconds{0};
  }
}

void server_connection::update_due() {
  auto phase = session_.state();
  if (stage_ == stage::fresh && !held_.empty())
    phase = http1::phase::header;
  // A header has its time from the first byte on, the others from the last one.
  if (phase != phase_ || phase != http1::phase::header)
    since_ = core_->now;
  phase_ = phase;
  due = listener_core::never;
  auto patient = patience();
  if (patient.count() > 0 && !paused_)
    due = since_ + patient + core_->slack;
  if (blocked_)
    due = std::min(due, written_ + core_->limits.write_time + core_->slack);
}

void server_connection::on_expired() {
  // Whatever happened since the sweep set a new deadline.
  if (due != listener_core::passed)
    return;
  switch (stage_) {
    case stage::ended:
      return;
    case stage::lingering:
      return end();
    case stage::fresh:
      stage_ = stage::serving;
      feed(std::exchange(held_, {}));
      break;
    case stage::serving:
      break;
  }
  if (half_open_ || (blocked_ && core_->now >= written_ + core_->limits.write_time))
    return end_soon(true);
  session_.expire();
  settle();
}

void server_connection::on_drain() {
  if (stage_ == stage::serving && session_.state() != http1::phase::idle) {
    session_.drain();
    settle();
  } else if (stage_ == stage::fresh || stage_ == stage::serving) {
    update_due();
  }
}

void server_connection::on_closed() noexcept {
  try {
    auto owed = session_.unanswered() > 0 || session_.output_size() > 0;
    if (stage_ == stage::serving && owed) {
      if (auto kept = core_->sockets->keep_writing(*this, handle_)) {
        handle_ = *kept;
        half_open_ = true;
        abandon();
        session_.receive_eof();
        return settle();
      }
    }
    end();
  } catch (...) {
    quit(caf::make_error(caf::sec::runtime_error));
  }
}

// Closing at once would reset the connection if the peer still sends, and the reset
// may overtake our answer.
void server_connection::linger() {
  stage_ = stage::lingering;
  core_->sockets->half_close(*this, handle_);
  due = core_->now + core_->limits.linger_time + core_->slack;
  if (paused_)
    resume_reading();
}

// May be called outside of our own messages, where CAF does not see a `quit`.
void server_connection::end_soon(bool reset) {
  if (stage_ == stage::ended)
    return;
  stage_ = stage::ended;
  due = listener_core::never;
  if (reset)
    core_->sockets->abort(*this, handle_);
  caf::anon_send(this, end_atom::value);
}

void server_connection::end() {
  stage_ = stage::ended;
  abandon();
  close(handle_);
  quit();
}

void server_connection::abandon() noexcept {
  for (auto& x : open_) {
    if (std::exchange(x.told, true))
      continue;
    try {
      core_->handler->on_abandoned({self_, x.sequence});
    } catch (...) {
      // A handler that fails to cancel keeps its call until the deadline.
    }
  }
}

} // namespace mica::net
