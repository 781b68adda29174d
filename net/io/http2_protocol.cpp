#include "io/http2_protocol.hpp"

#include "io/ask_handler.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

http2_protocol::http2_protocol(connection_host& host)
  : host_(host),
    session_(host.core->limits, host.core->limits2, *this),
    since_(host.core->now) {
  // nop
}

std::unique_ptr<http2_protocol> http2_protocol::upgrade(connection_host& host,
                                                        http_request&& request) {
  auto result = std::make_unique<http2_protocol>(host);
  result->prefix_ = "HTTP/1.1 101 Switching Protocols\r\n"
                    "Connection: Upgrade\r\n"
                    "Upgrade: h2c\r\n"
                    "\r\n";
  std::string settings{request.fields.get_or("HTTP2-Settings", "")};
  request.fields.erase("HTTP2-Settings");
  if (!result->session_.upgrade(settings, std::move(request)))
    return nullptr;
  return result;
}

// -- input ----------------------------------------------------------------------

void http2_protocol::receive(std::string_view bytes) {
  session_.receive(bytes, host_.core->now);
  // What had begun to arrive before is still accepted.
  if (host_.core->draining)
    drain();
}

void http2_protocol::receive_eof() {
  session_.receive_eof();
}

bool http2_protocol::wants_input() const noexcept {
  return true;
}

bool http2_protocol::multiplexed() const noexcept {
  return true;
}

bool http2_protocol::wants_large_reads(size_t got, size_t window) const noexcept {
  // Many small requests fill a buffer, too. A read that leaves most of it unused (the
  // answer to a PING, at the latest) makes it small again.
  return session_.in_body() || got > window / 4;
}

// -- events of the session ------------------------------------------------------

bool http2_protocol::on_head(int32_t stream, http_request& head) {
  since_ = host_.core->now;
  try {
    stream_sender to{host_.self, static_cast<uint64_t>(stream)};
    streams_.add({stream});
    auto receiver = host_.core->handler->on_stream(head, to, host_.peer);
    if (!receiver) {
      streams_.remove(static_cast<uint64_t>(stream));
      return false;
    }
    ++host_.core->stats.requests;
    if (auto* x = streams_.find(static_cast<uint64_t>(stream)))
      x->receiver = std::move(receiver);
  } catch (...) {
    fail_stream(stream);
  }
  return true;
}

void http2_protocol::on_request(int32_t stream, http_request&& request) {
  since_ = host_.core->now;
  auto sequence = static_cast<uint64_t>(stream);
  try {
    // Before the handler is asked, which may say something about it at once.
    streams_.add({stream});
    auto response = ask_handler(host_, sequence, std::move(request));
    if (!response)
      return;
    streams_.remove(sequence);
    session_.respond(stream, std::move(*response));
  } catch (...) {
    fail_stream(stream);
  }
}

template <class F>
void http2_protocol::with_receiver(int32_t stream, F f) noexcept {
  auto* x = streams_.find(static_cast<uint64_t>(stream));
  if (x == nullptr || !x->receiver)
    return;
  try {
    f(*x->receiver);
  } catch (...) {
    fail_stream(stream);
  }
}

void http2_protocol::fail_stream(int32_t stream) noexcept {
  streams_.remove(static_cast<uint64_t>(stream));
  session_.reset(stream, reset_reason::internal_error);
}

void http2_protocol::on_data(int32_t stream, std::string_view bytes) {
  with_receiver(stream, [&](stream_receiver& to) { to.on_data(bytes); });
}

void http2_protocol::on_end(int32_t stream, metadata&& trailers) {
  with_receiver(stream, [&](stream_receiver& to) { to.on_end(std::move(trailers)); });
}

void http2_protocol::on_writable(int32_t stream) {
  with_receiver(stream, [](stream_receiver& to) { to.on_writable(); });
}

void http2_protocol::on_written(int32_t stream, size_t bytes) {
  with_receiver(stream, [&](stream_receiver& to) { to.on_written(bytes); });
}

void http2_protocol::on_reset(int32_t stream, const error& why) {
  auto* x = streams_.find(static_cast<uint64_t>(stream));
  if (x == nullptr)
    return;
  if (!x->receiver)
    tell_abandoned(host_, static_cast<uint64_t>(stream));
  with_receiver(stream, [&](stream_receiver& to) { to.on_reset(why); });
  streams_.remove(static_cast<uint64_t>(stream));
}

// -- calls ----------------------------------------------------------------------

void http2_protocol::serve() {
  streams_.bury();
}

void http2_protocol::apply(uint64_t sequence, stream_command&& what) {
  auto* x = streams_.find(sequence);
  if (x == nullptr)
    return;
  auto stream = x->id;
  since_ = host_.core->now;
  if (auto* answer = std::get_if<respond_command>(&what))
    session_.respond(stream, std::move(answer->response));
  else if (auto* begin = std::get_if<head_command>(&what))
    return session_.head(stream, std::move(begin->head));
  else if (auto* piece = std::get_if<data_command>(&what))
    return session_.data(stream, std::move(piece->bytes));
  else if (auto* taken = std::get_if<consumed_command>(&what))
    return session_.consumed(stream, taken->bytes);
  else if (auto* end = std::get_if<end_command>(&what))
    session_.end(stream, std::move(end->trailers));
  else if (auto* reset = std::get_if<reset_command>(&what))
    session_.reset(stream, reset->why);
  // A server that has said everything wants no more of the request (RFC 9113, 8.1).
  streams_.remove(sequence);
}

void http2_protocol::lose() noexcept {
  const error why{errc::connection_lost,
                  "the connection to " + host_.peer.remote + " ended"};
  for (auto& x : streams_.take()) {
    if (!x.receiver) {
      tell_abandoned(host_, static_cast<uint64_t>(x.id));
      continue;
    }
    try {
      x.receiver->on_reset(why);
    } catch (...) {
      // It is destroyed next: nothing is left to protect.
    }
  }
}

// -- output ---------------------------------------------------------------------

size_t http2_protocol::output(std::span<std::string_view> parts) {
  if (prefix_.empty() || parts.empty())
    return session_.output(parts);
  parts[0] = prefix_;
  return 1 + session_.output(parts.subspan(1));
}

void http2_protocol::sent(size_t bytes) {
  auto of_prefix = std::min(bytes, prefix_.size());
  prefix_.remove_prefix(of_prefix);
  session_.sent(bytes - of_prefix);
}

bool http2_protocol::wants_output() const noexcept {
  return !prefix_.empty() || session_.wants_output();
}

// -- time -----------------------------------------------------------------------

time_point http2_protocol::due() noexcept {
  auto& core = *host_.core;
  if (session_.failure() && !std::exchange(failure_told_, true)) {
    ++core.stats.refused;
    core.tell(error{session_.failure().reason, "HTTP/2 from " + host_.peer.remote + ": "
                                                   + session_.failure().detail});
  }
  auto result = session_.due();
  if (session_.open_streams() > 0)
    since_ = core.now;
  else if (!drained_)
    result = std::min(result, since_ + core.limits.idle_time);
  return result;
}

void http2_protocol::expire() {
  auto& core = *host_.core;
  session_.expire(core.now);
  if (session_.open_streams() == 0 && core.now >= since_ + core.limits.idle_time)
    drain();
}

void http2_protocol::drain() {
  if (!std::exchange(drained_, true))
    session_.drain();
}

// -- the end --------------------------------------------------------------------

// Whoever can't open windows or answer a PING any more has left: HTTP/2 knows no
// half-closed connection.
bool http2_protocol::owes() const noexcept {
  return false;
}

bool http2_protocol::finished() const noexcept {
  return session_.finished();
}

} // namespace mica::net
