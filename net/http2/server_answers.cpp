// Responses, deadlines and the end of a server's connection.

#include "http2/refusal.hpp"
#include "http2/server_core.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mica::net::http2 {

namespace {

server_stream& ours(stream& x) noexcept {
  return static_cast<server_stream&>(x);
}

/// RFC 4648, 5, without padding; false if it is something else.
bool decode_base64url(std::string_view text, std::string& to) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint32_t bits = 0;
  int count = 0;
  for (auto c : text) {
    auto digit = digits.find(c);
    if (digit == std::string_view::npos)
      return false;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      to += static_cast<char>(bits >> count);
    }
  }
  return count < 6;
}

} // namespace

bool server_core::upgrade(std::string_view settings, http_request&& request) {
  std::string payload;
  if (!decode_base64url(settings, payload)
      || nghttp2_session_upgrade2(library.get(),
                                  reinterpret_cast<const uint8_t*>(payload.data()),
                                  payload.size(), request.method == "HEAD", nullptr)
             != 0)
    return false;
  last_begun = 1;
  auto& x = static_cast<server_stream&>(*begin_stream(1));
  x.to_head = request.method == "HEAD";
  x.head_done = true;
  x.ended_by_peer = true;
  x.request = std::move(request);
  x.request.major_version = 2;
  x.request.minor_version = 0;
  tell_request(x);
  return true;
}

// -- answers -----------------------------------------------------------------------

void server_core::respond(int32_t id, http_response&& response) {
  auto* x = sendable(id);
  if (x != nullptr && !x->head_given)
    answer(ours(*x), std::move(response));
}

void server_core::answer(server_stream& x, http_response&& response) {
  x.response = std::move(response);
  auto& answered = x.response;
  if (answered.status < 200 || answered.status > 599)
    answered.status = 500;
  // RFC 9110, 8.6 and 15.4.5: no body, and 204 no Content-Length.
  bool bodiless = answered.status == 204 || answered.status == 304;
  block.clear();
  add_status(answered.status);
  block.add(answered.fields);
  bool plain = answered.trailers.empty() && !bodiless && !is_grpc(answered.fields);
  if (plain)
    block.add_number("content-length", answered.body.size());
  x.over = true;
  x.ended_by_us = true;
  bool last = bodiless || x.to_head || answered.body.empty();
  if (last) {
    block.add(answered.trailers);
  } else {
    x.body.push(std::move(answered.body));
    x.trailers = std::move(answered.trailers);
    x.answered_whole = true;
    check_streams_at(now + limits.write_time);
  }
  submit(x, last);
}

void server_core::head(int32_t id, http_response&& head) {
  auto* x = sendable(id);
  if (x == nullptr || x->head_given)
    return;
  auto& told = ours(*x).response;
  told = std::move(head);
  if (told.status < 200 || told.status > 599)
    told.status = 500;
  block.clear();
  add_status(told.status);
  block.add(told.fields);
  submit(ours(*x), false);
}

void server_core::end_of(int32_t id, metadata&& trailers) {
  auto* x = sendable(id);
  if (x == nullptr)
    return;
  if (!x->head_given) {
    // Against the contract; the peer must not wait for ever.
    give_up(*x, NGHTTP2_INTERNAL_ERROR);
    return;
  }
  x->trailers = std::move(trailers);
  x->over = true;
  x->ended_by_us = true;
  resume(*x);
}

void server_core::add_status(int status) {
  if (status == 200)
    block.add_raw(":status", "200");
  else
    block.add_number(":status", static_cast<size_t>(status));
}

void server_core::submit(server_stream& x, bool last) {
  auto failed = submit_head(x, last);
  if (failed == 0)
    return;
  // Short of memory, or the stream is closing already.
  give_up(x, NGHTTP2_INTERNAL_ERROR);
}

// -- time --------------------------------------------------------------------------

void server_core::check_streams() {
  stream_due = time_point::max();
  streams.for_each([this](stream& from) {
    auto& x = ours(from);
    if (x.collecting && !x.over) {
      auto until = x.received + limits.body_time;
      if (now >= until)
        refuse(x, 408, "the request's body did not arrive in time: send it faster");
      else
        check_streams_at(until);
    }
    if (x.body.size() > 0 && !x.reset_by_us) {
      if (x.stalled == time_point{})
        x.stalled = now;
      // A whole answer may be of any size; a stream's writer is bounded, and waits.
      auto until =
          x.stalled + (x.answered_whole ? limits.write_time : limits2.stall_time);
      if (now >= until)
        lose(x, NGHTTP2_ENHANCE_YOUR_CALM,
             failure_of(errc::limit_exceeded,
                        "the peer did not open its window in time"));
      else
        check_streams_at(until);
    }
  });
}

bool server_core::wants_ping() const noexcept {
  return true;
}

// -- draining ----------------------------------------------------------------------

// RFC 9113, 6.8: first that we will go, then, once the peer has seen it, up to which
// stream we went; what was under way meanwhile is still served.
void server_core::drain() {
  if (!alive() || draining)
    return;
  draining = true;
  nghttp2_submit_shutdown_notice(library.get());
  nghttp2_submit_ping(library.get(), NGHTTP2_FLAG_NONE, drain_word);
}

void server_core::on_peer_going() {
  // Nop: a client's GOAWAY is about pushes; it ends the connection when it likes.
}

void server_core::on_drain_step() {
  if (!draining || std::exchange(last_goaway, true))
    return;
  nghttp2_submit_goaway(library.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(library.get()),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

void server_core::on_drain_due() {
  if (drain_since_ == time_point{})
    drain_since_ = now;
  else
    on_drain_step();
}

time_point server_core::drain_due() const noexcept {
  if (!draining || last_goaway)
    return time_point::max();
  return drain_since_ == time_point{} ? drain_since_
                                      : drain_since_ + limits.drain_idle_time;
}

} // namespace mica::net::http2
