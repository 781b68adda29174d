#include "io/http1_protocol.hpp"

#include "io/ask_handler.hpp"
#include "io/http2_protocol.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

http_response broken_settings() {
  http_response result;
  result.status = 400;
  result.close = true;
  result.fields.add("Content-Type", "application/json");
  result.body = to_json(error{400,
                              "HTTP2-Settings holds no base64url of a SETTINGS "
                              "payload: send it whole, or no Upgrade",
                              "mica.net.http2"});
  return result;
}

} // namespace

http1_protocol::http1_protocol(connection_host& host, time_point began)
  : host_(host),
    session_(host.core->limits),
    streams_(host, session_),
    since_(began) {
  // nop
}

// -- input ----------------------------------------------------------------------

void http1_protocol::receive(std::string_view bytes) {
  session_.receive(bytes);
  // Idle connections are told only now: what begins to arrive is still accepted.
  if (host_.core->draining && !streams_.any_open())
    session_.drain();
}

void http1_protocol::receive_eof() {
  lose();
  session_.receive_eof();
}

bool http1_protocol::wants_input() const noexcept {
  return session_.wants_input();
}

bool http1_protocol::wants_large_reads(size_t, size_t) const noexcept {
  return session_.state() == http1::phase::body;
}

// -- calls ----------------------------------------------------------------------

void http1_protocol::serve() {
  streams_.bury();
  http1::numbered_request request;
  bool moved = false;
  while (session_.next(request)) {
    moved = true;
    ask_handler(request);
  }
  if (moved)
    since_ = host_.core->now;
}

void http1_protocol::ask_handler(http1::numbered_request& from) {
  auto sequence = from.sequence;
  if (streams_.take(from))
    return;
  // RFC 7540, 3.2: not within TLS, whose ALPN has decided.
  if (from.upgrade && !host_.peer.secure && !host_.core->draining) {
    auto next = http2_protocol::upgrade(host_, std::move(from.request));
    if (!next)
      return session_.respond(sequence, broken_settings());
    next->receive(session_.release());
    host_.successor = std::move(next);
    return;
  }
  auto response = net::ask_handler(host_, sequence, std::move(from.request));
  if (response)
    session_.respond(sequence, std::move(*response));
  else
    open_.push_back({sequence, false});
}

void http1_protocol::apply(uint64_t sequence, stream_command&& what) {
  auto* answer = std::get_if<respond_command>(&what);
  if (answer == nullptr)
    return streams_.apply(sequence, std::move(what));
  auto i = std::find_if(open_.begin(), open_.end(), [sequence](const open_request& x) {
    return x.sequence == sequence;
  });
  if (i == open_.end())
    return;
  open_.erase(i);
  session_.respond(sequence, std::move(answer->response));
}

void http1_protocol::lose() noexcept {
  for (auto& x : open_)
    if (!std::exchange(x.told, true))
      tell_abandoned(host_, x.sequence);
  streams_.lose();
}

// -- output ---------------------------------------------------------------------

size_t http1_protocol::output(std::span<std::string_view> parts) {
  return session_.output(parts);
}

void http1_protocol::sent(size_t bytes) {
  session_.sent(bytes);
  streams_.sent(bytes);
}

bool http1_protocol::wants_output() const noexcept {
  return session_.output_size() > 0;
}

// -- time -----------------------------------------------------------------------

std::chrono::milliseconds http1_protocol::patience() const {
  const auto& limits = host_.core->limits;
  switch (phase_) {
    case http1::phase::idle:
      return host_.core->draining ? limits.drain_idle_time : limits.idle_time;
    case http1::phase::header:
      return limits.header_time;
    case http1::phase::body:
      return limits.body_time;
    default:
      return std::chrono::milliseconds{0};
  }
}

time_point http1_protocol::due() noexcept {
  auto phase = session_.state();
  // A stream is a call: nobody owes a byte.
  if (phase == http1::phase::idle && streams_.any_open())
    phase = http1::phase::handling;
  // A header has its time from the first byte on, the others from the last one.
  if (phase != phase_ || phase != http1::phase::header)
    since_ = host_.core->now;
  phase_ = phase;
  if (session_.refused() && !std::exchange(refusal_counted_, true))
    ++host_.core->stats.refused;
  auto patient = patience();
  return patient.count() > 0 ? since_ + patient : listener_core::never;
}

void http1_protocol::expire() {
  session_.expire();
}

void http1_protocol::drain() {
  // What is idle has a while for a request that is on its way.
  if (session_.state() != http1::phase::idle && !streams_.any_open())
    session_.drain();
}

// -- the end --------------------------------------------------------------------

bool http1_protocol::owes() const noexcept {
  return session_.unanswered() > 0 || session_.output_size() > 0;
}

bool http1_protocol::finished() const noexcept {
  return session_.finished();
}

} // namespace mica::net
