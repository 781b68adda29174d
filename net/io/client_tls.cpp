#include "io/client_tls.hpp"

#include <array>
#include <utility>

namespace mica::net {

namespace {

using state = tls::session::state;

// Pieces of the inner protocol that are encrypted together.
constexpr size_t max_pieces = 16;

} // namespace

client_tls::client_tls(client_host& host, tls::session session, http_version version,
                       std::unique_ptr<client_protocol> inner)
  : host_(host),
    session_(std::move(session)),
    inner_(std::move(inner)),
    version_(version) {
  // nop
}

// -- input ----------------------------------------------------------------------

void client_tls::receive(std::string_view bytes, time_point now) {
  if (stage_ == stage::over)
    return;
  std::array<char, tls::session::record_bytes> buffer;
  session_.receive(bytes, buffer, [&](std::string_view plain) {
    look_at_handshake();
    if (stage_ == stage::open)
      inner_->receive(plain, now);
  });
  look_at_handshake();
  conclude();
}

void client_tls::receive_eof() {
  if (stage_ == stage::over)
    return;
  session_.receive_eof();
  // Looks behind what was read already, for a truncation.
  std::array<char, 1> nothing;
  session_.read(nothing);
  look_at_handshake();
  conclude();
  if (stage_ == stage::open)
    inner_->receive_eof();
}

void client_tls::look_at_handshake() {
  if (stage_ != stage::handshake)
    return;
  switch (session_.current()) {
    case state::handshaking:
      return;
    case state::failed:
      stage_ = stage::over;
      return host_.on_refused(session_.failure().detail,
                              session_.failure().reason == errc::unauthenticated
                                  ? errc::unauthenticated
                                  : errc::connection_failed);
    default:
      break;
  }
  auto chosen = session_.protocol();
  if (version_ == http_version::http2 && chosen != "h2") {
    stage_ = stage::over;
    return host_.on_refused(
        "HTTP/2 was wanted and the server chose "
        + (chosen.empty() ? std::string{"no protocol"} : std::string{chosen})
        + " in the TLS handshake (ALPN): call it over HTTP/1.1, "
          "or make it offer h2");
  }
  stage_ = stage::open;
  inner_->start();
}

void client_tls::conclude() {
  if (stage_ != stage::open)
    return;
  if (session_.current() == state::peer_closed) {
    stage_ = stage::over;
    inner_->receive_eof();
  } else if (session_.current() == state::failed) {
    stage_ = stage::over;
    host_.on_lost(session_.failure());
  }
}

// -- output ---------------------------------------------------------------------

size_t client_tls::output(std::span<std::string_view> parts) {
  if (stage_ == stage::open)
    encrypt();
  return session_.output(parts);
}

void client_tls::encrypt() {
  std::array<std::string_view, max_pieces> plain;
  for (;;) {
    size_t offered = 0;
    auto count = inner_->output(plain);
    for (size_t i = 0; i < count; ++i)
      offered += plain[i].size();
    if (offered == 0)
      break;
    auto taken = session_.write(std::span<const std::string_view>{plain.data(), count});
    inner_->sent(taken);
    if (taken < offered)
      return;
  }
  if (inner_->finished())
    session_.close();
}

void client_tls::sent(size_t bytes) {
  session_.sent(bytes);
}

// -- the rest is the inner protocol's ---------------------------------------------

void client_tls::start() {
  // Nop: what it says first is ready.
}

size_t client_tls::capacity() const noexcept {
  return stage_ == stage::open ? inner_->capacity() : 0;
}

void client_tls::begin(call_ref what) {
  inner_->begin(what);
}

bool client_tls::give_up(call_ref what) {
  return inner_->give_up(what);
}

void client_tls::apply(uint64_t stream, stream_command&& what) {
  inner_->apply(stream, std::move(what));
}

time_point client_tls::due() const noexcept {
  return inner_->due();
}

void client_tls::expire(time_point now) {
  inner_->expire(now);
}

bool client_tls::wants_input() const noexcept {
  return stage_ != stage::open || inner_->wants_input();
}

void client_tls::drain() {
  inner_->drain();
}

bool client_tls::closing() const noexcept {
  return stage_ == stage::over || inner_->closing();
}

bool client_tls::finished() const noexcept {
  return session_.output_size() == 0 && (stage_ == stage::over || inner_->finished());
}

bool client_tls::reads_much() const noexcept {
  return stage_ == stage::handshake || inner_->reads_much();
}

} // namespace mica::net
