#include "io/tls_protocol.hpp"

#include "io/http1_protocol.hpp"
#include "io/http2_protocol.hpp"

#include <array>
#include <utility>

namespace mica::net {

using state = tls::session::state;

tls_protocol::tls_protocol(connection_host& host, time_point accepted)
  : host_(host),
    session_(host.core->tls->accept()),
    accepted_(accepted) {
  // nop
}

// -- input ----------------------------------------------------------------------

void tls_protocol::receive(std::string_view bytes) {
  // Nobody reads behind a failure.
  if (failed_)
    return;
  // One for all connections of the lane: plain bytes are taken at once.
  static thread_local std::array<char, tls::session::record_bytes> plain;
  session_.receive(bytes, plain, [this](std::string_view part) {
    open();
    inner_->receive(part);
  });
  switch (session_.current()) {
    case state::handshaking:
      break;
    case state::open:
      open();
      break;
    case state::peer_closed:
      open();
      end_input();
      break;
    case state::failed:
      give_up(session_.failure());
      break;
  }
}

void tls_protocol::open() {
  if (inner_)
    return;
  host_.peer.secure = true;
  host_.peer.certificate_names = session_.peer_names();
  if (session_.protocol() == "h2")
    inner_ = std::make_unique<http2_protocol>(host_);
  else
    inner_ = std::make_unique<http1_protocol>(host_, host_.core->now);
  if (host_.core->draining)
    inner_->drain();
}

void tls_protocol::end_input() {
  if (!std::exchange(eof_told_, true))
    inner_->receive_eof();
}

void tls_protocol::give_up(const error& why) {
  failed_ = true;
  ++host_.core->stats.refused;
  host_.core->tell(
      error{why.reason, "TLS with " + host_.peer.remote + ": " + why.detail});
  lose();
  inner_ = nullptr;
}

void tls_protocol::receive_eof() {
  session_.receive_eof();
  if (inner_)
    end_input();
}

bool tls_protocol::wants_input() const noexcept {
  return !inner_ || inner_->wants_input();
}

bool tls_protocol::wants_large_reads(size_t got, size_t window) const noexcept {
  return inner_ && inner_->wants_large_reads(got, window);
}

// -- calls ----------------------------------------------------------------------

void tls_protocol::serve() {
  if (inner_)
    inner_->serve();
}

void tls_protocol::apply(uint64_t sequence, stream_command&& what) {
  if (inner_)
    inner_->apply(sequence, std::move(what));
}

void tls_protocol::lose() noexcept {
  if (inner_)
    inner_->lose();
}

// -- output ---------------------------------------------------------------------

void tls_protocol::encrypt() {
  if (!inner_)
    return;
  while (inner_->wants_output()) {
    std::array<std::string_view, 16> parts;
    auto count = inner_->output(parts);
    auto taken = session_.write(std::span<const std::string_view>{parts.data(), count});
    if (taken == 0)
      break;
    inner_->sent(taken);
  }
  if (inner_->finished() && !std::exchange(closed_, true))
    session_.close();
}

size_t tls_protocol::output(std::span<std::string_view> parts) {
  encrypt();
  return session_.output(parts);
}

void tls_protocol::sent(size_t bytes) {
  session_.sent(bytes);
}

bool tls_protocol::wants_output() const noexcept {
  return session_.output_size() > 0
         || (inner_ && (inner_->wants_output() || (inner_->finished() && !closed_)));
}

// -- time -----------------------------------------------------------------------

time_point tls_protocol::due() noexcept {
  if (inner_)
    return inner_->due();
  return failed_ ? listener_core::never : accepted_ + host_.core->handshake_time;
}

void tls_protocol::expire() {
  if (inner_)
    return inner_->expire();
  if (!failed_)
    give_up({errc::timeout, "the handshake was not over after "
                                + std::to_string(host_.core->handshake_time.count())
                                + " ms (tls_server_options::handshake_time)"});
}

void tls_protocol::drain() {
  if (inner_)
    inner_->drain();
}

// -- the end --------------------------------------------------------------------

bool tls_protocol::owes() const noexcept {
  // Only a close_notify is an end that can be told from an attacker's.
  return session_.current() == state::peer_closed && wants_output();
}

bool tls_protocol::finished() const noexcept {
  return session_.output_size() == 0 && (failed_ || (inner_ && closed_));
}

} // namespace mica::net
