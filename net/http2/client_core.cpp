#include "http2/client_core.hpp"

#include "http1/framing.hpp"
#include "http1/grammar.hpp"

#include <algorithm>
#include <utility>

namespace mica::net::http2 {

namespace {

client_stream& ours(stream& x) noexcept {
  return static_cast<client_stream&>(x);
}

bool can_be_sent(const http_request& x) noexcept {
  return http1::is_token(x.method) && x.method != "CONNECT" && !x.target.empty()
         && (x.target.front() == '/' || x.target == "*")
         && http1::all(http1::target_chars, x.target);
}

} // namespace

client_core::client_core(const http_limits& bounds, const http2_limits& bounds2,
                         client_events& to)
  : session_core(side::client, bounds, bounds2),
    to_(&to),
    capacity_(capacity()) {
  // nop
}

// -- requests ----------------------------------------------------------------------

expected<int32_t> client_core::begin(http_request&& request, std::string_view scheme,
                                     bool whole) {
  if (!can_be_sent(request))
    return failure_of(errc::invalid_argument,
                      "the request's method or target holds characters that HTTP "
                      "does not allow there: escape them");
  auto host = request.fields.get("host");
  if (!host || host->empty() || !http1::all(http1::host_chars, *host))
    return failure_of(errc::invalid_argument,
                      "the request has no Host that can become :authority");
  if (closing())
    return failure_of(errc::unavailable,
                      "the connection takes no more streams: use another");
  auto id = static_cast<int32_t>(nghttp2_session_get_next_stream_id(library.get()));
  auto made = std::make_unique<client_stream>(id);
  auto& x = *made;
  x.request = std::move(request);
  x.response.fields.reserve(8, 256);
  x.told = true;
  x.in_pieces = !whole;
  x.ended_by_us = whole;
  const auto& sent = x.request;
  bool last = whole && sent.body.empty() && sent.trailers.empty();
  block.clear();
  block.add_raw(":method", sent.method);
  block.add_raw(":scheme", scheme == "https" ? "https" : "http");
  block.add_raw(":path", sent.target);
  block.add_raw(":authority", sent.fields.get_or("host", {}));
  block.add(sent.fields);
  if (whole && !last && sent.trailers.empty() && !is_grpc(sent.fields))
    block.add_number("content-length", sent.body.size());
  if (auto failed = submit_head(x, last))
    return failure_of(errc::unavailable, std::string{"the request can't be sent: "}
                                             + nghttp2_strerror(failed));
  if (whole) {
    x.body.push(std::move(x.request.body));
    x.trailers = std::move(x.request.trailers);
  }
  streams.insert(std::move(made));
  capacity_ = capacity();
  return id;
}

void client_core::end_of(int32_t id) {
  auto* x = sendable(id);
  if (x == nullptr)
    return;
  x->ended_by_us = true;
  resume(*x);
}

// -- responses ---------------------------------------------------------------------

stream* client_core::begin_stream(int32_t) {
  // Nop: servers begin none, pushes are off.
  return nullptr;
}

void client_core::begin_fields(stream&) {
  // nop
}

void client_core::take_field(stream& from, std::string_view name,
                             std::string_view value) {
  auto& x = ours(from);
  if (name == ":status") {
    // Three digits: nghttp2 has looked.
    x.status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    return;
  }
  auto kind = http1::kind_of(name);
  if (kind == http1::field_kind::content_length)
    x.announced = length_of(value);
  if (x.over || !http1::belongs_to_message(kind))
    return;
  (x.head_done ? x.response.trailers : x.response.fields).add(name, value);
}

void client_core::end_fields(stream& from, bool last) {
  auto& x = ours(from);
  if (x.over)
    return;
  if (x.too_many_fields) {
    fail_beyond(x, "the response's fields", limits.header_bytes,
                "http_limits::header_bytes or header_fields");
    return;
  }
  if (!x.head_done && x.status < 200) {
    // 1xx: another head follows (RFC 9113, 8.1).
    x.response.fields.clear();
    return;
  }
  if (std::exchange(x.head_done, true))
    finish(x);
  else
    accept(x, last);
}

void client_core::accept(client_stream& x, bool last) {
  x.response.status = x.status;
  if (!last)
    ++bodies_;
  if (x.in_pieces) {
    to_->on_head(x.id, std::move(x.response));
    x.response = {};
  }
  if (last && !x.over) {
    ++bodies_;
    finish(x);
  }
}

void client_core::take_data(stream& from, std::string_view bytes) {
  auto& x = ours(from);
  if (x.over) {
    nghttp2_session_consume_connection(library.get(), bytes.size());
    return;
  }
  if (x.in_pieces) {
    x.unconsumed += bytes.size();
    to_->on_data(x.id, bytes);
    return;
  }
  auto& body = x.response.body;
  if (bytes.size() > limits.body_bytes - body.size()) {
    nghttp2_session_consume_connection(library.get(), bytes.size());
    fail_beyond(x, "the bytes of the response's body", limits.body_bytes,
                "http_limits::body_bytes");
    return;
  }
  if (bytes.size() > limits2.collected_bytes - collected_) {
    nghttp2_session_consume_connection(library.get(), bytes.size());
    fail_beyond(x, "the bytes of all bodies of the connection", limits2.collected_bytes,
                "http2_limits::collected_bytes");
    return;
  }
  x.collecting = true;
  collected_ += bytes.size();
  if (body.capacity() - body.size() < bytes.size())
    make_room(x, body, bytes, is_grpc(x.response.fields));
  body.append(bytes);
  release(x, bytes.size());
}

void client_core::end_body(stream& from) {
  auto& x = ours(from);
  if (!x.over)
    finish(x);
}

void client_core::finish(client_stream& x) {
  --bodies_;
  if (std::exchange(x.collecting, false))
    collected_ -= x.response.body.size();
  x.over = true;
  // RFC 9113, 8.1: an early answer; the rest of the request has no reader.
  if (!x.end_framed)
    give_up(x, NGHTTP2_CANCEL);
  if (x.in_pieces)
    to_->on_end(x.id, std::move(x.response.trailers));
  else
    to_->on_response(x.id, std::move(x.response));
}

void client_core::fail_beyond(client_stream& x, std::string_view what, size_t limit,
                              std::string_view member) {
  std::string text{what};
  text += " exceed the limit of ";
  text += std::to_string(limit);
  text += ": raise ";
  text += member;
  lose(x, NGHTTP2_CANCEL, failure_of(errc::limit_exceeded, std::move(text)));
}

// -- the end of streams ------------------------------------------------------------

void client_core::forget(stream& from) {
  auto& x = ours(from);
  if (x.head_done && !x.ended_by_peer)
    --bodies_;
  if (x.collecting)
    collected_ -= x.response.body.size();
}

void client_core::tell_lost(int32_t id, const error& why) {
  to_->on_failure(id, why);
}

void client_core::tell_written(int32_t id, size_t bytes) {
  to_->on_written(id, bytes);
}

void client_core::tell_writable(int32_t id) {
  to_->on_writable(id);
}

void client_core::tell_rest() {
  auto before = capacity_;
  capacity_ = capacity();
  if (capacity_ > before)
    to_->on_capacity();
}

errc client_core::reason_of(uint32_t code, bool by_peer) const noexcept {
  switch (code) {
    case NGHTTP2_REFUSED_STREAM:
      return errc::connection_failed;
    case NGHTTP2_CANCEL:
      return by_peer ? errc::cancelled : errc::protocol_error;
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return errc::limit_exceeded;
    case NGHTTP2_INTERNAL_ERROR:
      return errc::connection_lost;
    default:
      return errc::protocol_error;
  }
}

// -- the connection ----------------------------------------------------------------

size_t client_core::capacity() const noexcept {
  if (closing())
    return 0;
  size_t most = nghttp2_session_get_remote_settings(
      library.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return most - std::min(most, streams.size());
}

bool client_core::closing() const noexcept {
  return !alive() || peer_going || draining
         || nghttp2_session_check_request_allowed(library.get()) == 0;
}

void client_core::drain() {
  if (!alive() || std::exchange(draining, true))
    return;
  last_goaway = true;
  nghttp2_submit_goaway(library.get(), NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr,
                        0);
}

void client_core::check_streams() {
  // Nop: the calls' own deadlines hold.
  stream_due = time_point::max();
}

bool client_core::wants_ping() const noexcept {
  return streams.size() > 0;
}

void client_core::on_peer_going() {
  // The library would keep them until there is room for another stream.
  streams.for_each([this](stream& x) {
    if (!x.head_framed)
      lose(x, NGHTTP2_REFUSED_STREAM,
           failure_of(errc::connection_failed,
                      "the peer goes away; the request was not sent"));
  });
}

void client_core::on_drain_step() {
  // nop
}

void client_core::on_drain_due() {
  // nop
}

time_point client_core::drain_due() const noexcept {
  return time_point::max();
}

bool client_core::judge_stream(const frame_head&) {
  return true;
}

void client_core::on_refused(int32_t) {
  // nop
}

} // namespace mica::net::http2
