// How the bytes of a client's connection move, and how it ends.

#include "io/client_connection.hpp"
#include "io/lane_atoms.hpp"
#include "io/pump.hpp"

#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace mica::net {

namespace {

using caf::io::receive_policy;

// Pieces of one gathered write.
constexpr size_t max_pieces = 64;

} // namespace

// -- input ----------------------------------------------------------------------

void client_connection::on_data(std::vector<char>& buffer) {
  if (stage_ == stage::ended || buffer.empty())
    return;
  auto got = buffer.size();
  {
    active_scope scope{*this};
    unread_ = false;
    auto now = clock().now();
    idle_since_ = now;
    // As a server does: one read more is taken, and what follows waits in the socket.
    if (!protocol_->wants_input() && valid(handle_)) {
      paused_ = true;
      halt(handle_);
    }
    receive({buffer.data(), got}, now);
    // It may have more room, or none any more.
    if (stage_ == stage::open && shared())
      setup_.owner->on_ready(*this);
  }
  settle();
  adjust_reading(got, buffer);
}

void client_connection::receive(std::string_view bytes, time_point now) {
  auto first = bytes.substr(0, shared() ? first_part(bytes.size()) : bytes.size());
  protocol_->receive(first, now);
  if (first.size() == bytes.size())
    return;
  settle();
  if (stage_ != stage::ended)
    protocol_->receive(bytes.substr(first.size()), now);
}

void client_connection::adjust_reading(size_t got, std::vector<char>& buffer) {
  auto before = window_.size();
  if (!window_.update(protocol_->reads_much(), got) || !valid(handle_))
    return;
  // CAF takes this vector back and shrinks its size only, never its capacity.
  if (window_.size() < before)
    std::vector<char>{}.swap(buffer);
  configure_read(handle_, receive_policy::at_most(window_.size()));
}

// CAF 0.17 loses a trigger that follows a halt within one round of its loop; what is
// posted runs in the next.
void client_connection::resume_reading() {
  if (std::exchange(resuming_, true))
    return;
  backend().post([this, keep_alive = self_] {
    resuming_ = false;
    paused_ = false;
    if (stage_ == stage::open && valid(handle_))
      trigger(handle_);
  });
}

void client_connection::on_closed() noexcept {
  try {
    if (stage_ == stage::greeting || stage_ == stage::open) {
      active_scope scope{*this};
      protocol_->receive_eof();
    }
    if (dialling())
      on_refused("the server closed before it could be spoken to");
    stage_ = stage::ended;
    quit();
  } catch (...) {
    quit(caf::make_error(caf::sec::runtime_error));
  }
}

// -- output ---------------------------------------------------------------------

// Whatever the lane has ready to run goes first: it may bring more to write.
void client_connection::settle_later() {
  if (std::exchange(settling_, true))
    return;
  backend().post([this, keep_alive = self_] {
    settling_ = false;
    settle();
  });
}

void client_connection::settle() noexcept {
  if (stage_ != stage::greeting && stage_ != stage::open)
    return;
  try {
    active_scope scope{*this};
    flush();
    if (stage_ == stage::ended)
      return;
    if (protocol_->finished()) {
      end_soon(false);
      return fail_all({errc::connection_lost, peer_name + ": the connection ended"});
    }
    update_due();
    if (paused_ && protocol_->wants_input())
      resume_reading();
  } catch (...) {
    end_soon(true);
  }
}

void client_connection::flush() {
  std::array<std::string_view, max_pieces> parts;
  while (!blocked_) {
    size_t offered = 0;
    auto count = protocol_->output(parts);
    for (size_t i = 0; i < count; ++i)
      offered += parts[i].size();
    if (offered == 0)
      return;
    auto taken = sockets().write(*this, handle_, {parts.data(), count});
    if (taken > 0)
      protocol_->sent(static_cast<size_t>(taken));
    if (taken == static_cast<std::ptrdiff_t>(offered))
      continue;
    blocked_ = true;
    blocked_since_ = clock().now();
    // A peer that reads no more may have answered; reading tells how this ends.
    if (taken >= 0 && !sockets().notify_writable(*this, handle_))
      shut_down({errc::connection_lost, peer_name + ": too many open files"});
  }
}

// -- time -----------------------------------------------------------------------

void client_connection::update_due() {
  const auto& limits = setup_.options->http;
  auto before = due;
  // A protocol that has heard nothing yet has no time to count from.
  due = stage_ == stage::greeting ? dial_until_ : protocol_->due();
  if (stage_ == stage::open && calls.empty())
    due = std::min(due, idle_until());
  if (blocked_)
    due = std::min(due, blocked_since_ + limits.write_time);
  if (due < before)
    setup_.owner->on_due(due);
}

time_point client_connection::idle_until() const {
  return shared() ? idle_since_ + setup_.options->http.idle_time
                  : made + setup_.options->limits.ttl;
}

void client_connection::expire(time_point now) {
  due = time_point::max();
  switch (stage_) {
    case stage::dialling:
      sockets().abort(*this, handle_);
      give_up_attempt("no answer in time");
      return try_next(now);
    case stage::greeting:
      return on_refused(setup_.to.secure ? "the TLS handshake took too long"
                                         : "the server sent no SETTINGS in time");
    case stage::open:
      break;
    default:
      return end_soon(false);
  }
  const auto& limits = setup_.options->http;
  if (blocked_ && now >= blocked_since_ + limits.write_time)
    return shut_down(
        {errc::connection_lost, peer_name + ": the peer took no byte for "
                                    + std::to_string(limits.write_time.count())
                                    + " ms (http_limits::write_time)"});
  if (calls.empty() && now >= idle_until())
    return drain();
  {
    active_scope scope{*this};
    protocol_->expire(now);
  }
  settle();
}

// -- the end --------------------------------------------------------------------

bool client_connection::closing() const noexcept {
  return stage_ == stage::ended || (stage_ == stage::open && protocol_->closing());
}

void client_connection::drain() {
  if (stage_ != stage::open)
    return;
  protocol_->drain();
  if (!active())
    settle();
}

void client_connection::shut_down(const error& why) {
  end_soon(!calls.empty() || dialling());
  fail_all(why);
}

void client_connection::fail_all(const error& why) {
  while (!calls.empty())
    book.finish(calls, calls.begin(), why);
}

// Our owner calls us outside of our own messages, where CAF sees no `quit`.
void client_connection::end_soon(bool reset) {
  if (std::exchange(stage_, stage::ended) == stage::ended)
    return;
  due = time_point::max();
  resetting_ = reset;
  if (!registering_)
    close_socket();
}

void client_connection::close_socket() {
  if (valid(handle_)) {
    if (resetting_)
      sockets().abort(*this, handle_);
    else
      close(handle_);
  }
  caf::anon_send(this, end_atom::value);
}

} // namespace mica::net
