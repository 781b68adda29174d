// When a server connection ends, and how.

#include "io/server_connection.hpp"

#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

// Between two looks at whether the peer of a connection that is not read has left.
constexpr auto peer_check_interval = std::chrono::seconds{1};

} // namespace

// When the current state has lasted too long; without slack.
time_point server_connection::patient_until() {
  const auto& limits = core()->limits;
  if (stage_ == stage::fresh) {
    if (core()->tls)
      return since_ + core()->handshake_time;
    if (!held_.empty())
      return since_ + limits.header_time;
    return since_ + (core()->draining ? limits.drain_idle_time : limits.idle_time);
  }
  // An answer that never comes must not hold the socket of a peer that has left.
  if (half_open_)
    return core()->now + limits.idle_time;
  return protocol_->due();
}

void server_connection::update_due() {
  due = listener_core::never;
  auto until = patient_until();
  if (until != listener_core::never && !paused_)
    due = until + core()->slack;
  if (blocked_)
    due = std::min(due, written_ + core()->limits.write_time + core()->slack);
  else if (paused_)
    // A halted socket hears of nothing.
    due = core()->now + peer_check_interval;
}

void server_connection::on_expired() {
  // Whatever happened since the sweep set a new deadline.
  if (due != listener_core::passed)
    return;
  active_scope scope{*this};
  switch (stage_) {
    case stage::ended:
      return;
    case stage::lingering:
      return end();
    case stage::fresh:
      begin(wire::undecided);
      protocol_->receive(std::exchange(held_, {}));
      break;
    case stage::serving:
      if (!paused_ || blocked_)
        break;
      // To whom an answer is owed may have closed its own direction alone.
      if (!protocol_->owes() && core()->sockets->peer_left(*this, handle_))
        return end();
      return update_due();
  }
  if (half_open_ || (blocked_ && core()->now >= written_ + core()->limits.write_time))
    return end_soon(true);
  protocol_->expire();
  settle();
}

void server_connection::on_drain() {
  active_scope scope{*this};
  if (stage_ == stage::fresh) {
    if (!core()->tls)
      since_ = core()->now;
    update_due();
  } else if (stage_ == stage::serving) {
    protocol_->drain();
    settle();
  }
}

void server_connection::on_closed() noexcept {
  active_scope scope{*this};
  try {
    if (stage_ == stage::serving && protocol_->owes()) {
      if (auto kept = core()->sockets->keep_writing(*this, handle_)) {
        handle_ = *kept;
        half_open_ = true;
        protocol_->receive_eof();
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
  core()->sockets->half_close(*this, handle_);
  due = core()->now + core()->limits.linger_time + core()->slack;
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
    core()->sockets->abort(*this, handle_);
  caf::anon_send(this, end_atom::value);
}

void server_connection::end() {
  stage_ = stage::ended;
  lose();
  close(handle_);
  quit();
}

void server_connection::lose() noexcept {
  if (protocol_)
    protocol_->lose();
  protocol_ = nullptr;
}

} // namespace mica::net
