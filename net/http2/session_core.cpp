#include "http2/session_core.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mica::net::http2 {

namespace {

constexpr uint8_t ping_word[8] = {'m', 'i', 'c', 'a', ' ', 'p', 'n', 'g'};

} // namespace

error failure_of(errc reason, std::string text) {
  return {reason, std::move(text), "mica.net.http2"};
}

session_core::~session_core() {
  // nop
}

// -- input -------------------------------------------------------------------------

void session_core::receive(std::string_view bytes, time_point when) {
  now = when;
  if (started == time_point{})
    started = when;
  if (ended)
    return;
  meter.at(when);
  while (!bytes.empty() && alive()) {
    if (preface_left_ > 0) {
      auto part = bytes.substr(0, preface_left_);
      preface_left_ -= part.size();
      bytes.remove_prefix(part.size());
      feed(part);
      continue;
    }
    std::string_view part;
    frame_head head;
    if (scanner_.next(bytes, part, head) == frame_scanner::step::frame && !judge(head))
      break;
    feed(part);
    // At once, so that what made a head is freed while it is warm: a read brings
    // dozens of calls.
    if (submitted_)
      pump();
  }
  half_frame_ = in_fields_ || (scanner_.inside() && last_type_ != frame_type::data);
  // Resets and GOAWAYs of the library's own become visible when they are framed.
  pump();
  tell_late();
}

bool session_core::judge(const frame_head& frame) {
  if (!in_fields_)
    frame_since_ = now;
  last_type_ = frame.type;
  if (frame.type == frame_type::headers || frame.type == frame_type::continuation)
    in_fields_ = (frame.flags & frame_flag::end_headers) == 0;
  if (frame.type == frame_type::ping)
    alive_watch.on_answer(now);
  else
    alive_watch.on_received(now);
  if (!meter.received(frame)) {
    doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
         "the peer sent more control frames than http2_limits::control_frames and "
         "control_frames_per_second allow: send fewer");
    return false;
  }
  // The library ignores PRIORITY altogether (RFC 9113, 6.3; RFC 7540, 5.3.1).
  if (frame.type == frame_type::priority
      && (frame.stream == 0 || frame.word == static_cast<uint32_t>(frame.stream))) {
    doom(NGHTTP2_PROTOCOL_ERROR, errc::protocol_error,
         frame.stream == 0 ? "PRIORITY of no stream"
                           : "PRIORITY of stream " + std::to_string(frame.stream)
                                 + " names the stream itself");
    return false;
  }
  // The library's own bound counts reads of a frame's head, not frames.
  if (frame.type == frame_type::headers) {
    continuations_ = 0;
  } else if (frame.type == frame_type::continuation
             && ++continuations_ > limits2.continuations) {
    doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
         "a field section came in more CONTINUATION frames than "
         "http2_limits::continuations: send fewer fields");
    return false;
  }
  bool on_stream = frame.type == frame_type::headers || frame.type == frame_type::data;
  return !on_stream || judge_stream(frame);
}

bool session_core::feed(std::string_view part) {
  auto* octets = reinterpret_cast<const uint8_t*>(part.data());
  auto taken = nghttp2_session_mem_recv(library.get(), octets, part.size());
  if (taken >= 0)
    return true;
  switch (taken) {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      doom(NGHTTP2_PROTOCOL_ERROR, errc::protocol_error,
           "the connection does not begin with HTTP/2's preface");
      break;
    case NGHTTP2_ERR_FLOODED:
      doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
           "too many answers to PING and SETTINGS wait to be read: read them");
      break;
    default:
      // Without effect if a callback has said why.
      doom(NGHTTP2_INTERNAL_ERROR, errc::internal,
           std::string{"nghttp2: "} + nghttp2_strerror(static_cast<int>(taken)));
      break;
  }
  return false;
}

void session_core::receive_eof() {
  if (ended)
    return;
  if (streams.size() > 0 && !failure)
    failure =
        failure_of(errc::connection_lost,
                   farewell.empty() ? "the peer closed the connection"
                                    : "the peer closed the connection: " + farewell);
  end();
  out.clear();
  tell_late();
}

// -- the end -----------------------------------------------------------------------

void session_core::doom(uint32_t code, errc reason, std::string text) {
  if (!alive())
    return;
  doomed_ = true;
  doom_code_ = code;
  failure = failure_of(reason, std::move(text));
}

void session_core::perish() {
  // By hand: the library may be beyond use, and would put it behind all it has queued.
  auto text = std::string_view{failure.detail}.substr(0, 256);
  auto length = static_cast<uint32_t>(8 + text.size());
  auto last = static_cast<uint32_t>(last_begun);
  const char head[] = {
      static_cast<char>(length >> 16),
      static_cast<char>(length >> 8),
      static_cast<char>(length),
      static_cast<char>(frame_type::goaway),
      0,
      0,
      0,
      0,
      0,
      static_cast<char>(last >> 24),
      static_cast<char>(last >> 16),
      static_cast<char>(last >> 8),
      static_cast<char>(last),
      static_cast<char>(doom_code_ >> 24),
      static_cast<char>(doom_code_ >> 16),
      static_cast<char>(doom_code_ >> 8),
      static_cast<char>(doom_code_),
  };
  out.append({head, sizeof head});
  out.append(text);
  end();
}

void session_core::end() {
  ended = true;
  reading_ = nullptr;
  streams.for_each([this](stream& x) {
    if (x.told && !x.over) {
      auto why =
          failure ? failure : failure_of(errc::connection_lost, "the connection ended");
      // A request that never left can be repeated elsewhere.
      if (side_ == side::client && !x.head_framed)
        why = failure_of(errc::connection_failed, std::move(why.detail));
      late_.push_back({x.id, false, std::move(why)});
    }
    x.over = true;
    x.body.retire(out);
    forget(x);
  });
  streams.clear();
}

void session_core::tell_late() {
  // Those told may give commands that lead to more.
  while (!late_.empty()) {
    auto events = std::exchange(late_, {});
    for (const auto& x : events)
      if (x.output)
        tell_output(x.id);
      else
        tell_lost(x.id, x.why);
  }
  tell_rest();
}

void session_core::tell_output(int32_t id) {
  auto* x = streams.find(id);
  if (x == nullptr)
    return;
  x->output_noted = false;
  auto bytes = std::exchange(x->written, 0);
  bool has_room = std::exchange(x->has_room, false);
  if (!x->over)
    tell_written(id, bytes);
  if (has_room && !x->over)
    tell_writable(id);
}

bool session_core::finished() const noexcept {
  if (!out.empty())
    return false;
  return ended
         || (!doomed_ && !nghttp2_session_want_read(library.get())
             && !nghttp2_session_want_write(library.get()));
}

// -- output ------------------------------------------------------------------------

void session_core::pump() {
  submitted_ = false;
  while (alive() && out.size() < burst_bytes) {
    const uint8_t* bytes = nullptr;
    auto size = nghttp2_session_mem_send(library.get(), &bytes);
    if (size < 0) {
      doom(NGHTTP2_INTERNAL_ERROR, errc::internal,
           std::string{"nghttp2: "} + nghttp2_strerror(static_cast<int>(size)));
      break;
    }
    if (size == 0)
      break;
    out.append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  if (ended)
    return;
  if (doomed_)
    perish();
  else if (broken_)
    end();
}

size_t session_core::output(std::span<std::string_view> parts) {
  pump();
  if (!late_.empty()) {
    tell_late();
    pump();
  }
  return out.pieces(parts);
}

void session_core::sent(size_t bytes) {
  out.consume(bytes);
}

bool session_core::wants_output() const noexcept {
  return !out.empty() || !late_.empty()
         || (!ended && (doomed_ || nghttp2_session_want_write(library.get())));
}

// -- time --------------------------------------------------------------------------

time_point session_core::due() const noexcept {
  if (ended)
    return time_point::max();
  if (started == time_point{})
    return started;
  auto result = std::min({alive_watch.due(wants_ping()), stream_due, drain_due()});
  if (!peer_settings)
    result = std::min(result, started + limits.header_time);
  if (half_frame_)
    result = std::min(result, frame_since_ + limits.header_time);
  if (!settings_acked)
    result = std::min(result, started + limits2.settings_time);
  return result;
}

void session_core::expire(time_point when) {
  now = when;
  if (started == time_point{})
    started = when;
  if (ended)
    return;
  if (!peer_settings && when >= started + limits.header_time)
    doom(NGHTTP2_PROTOCOL_ERROR, errc::timeout,
         "the peer's SETTINGS did not arrive in time");
  else if (!settings_acked && when >= started + limits2.settings_time)
    doom(NGHTTP2_SETTINGS_TIMEOUT, errc::timeout,
         "our SETTINGS were not acknowledged in time");
  else if (half_frame_ && when >= frame_since_ + limits.header_time)
    doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::timeout,
         "a frame or a field section did not arrive in time: send it faster");
  switch (alive_watch.expire(when, wants_ping())) {
    case keep_alive::action::none:
      break;
    case keep_alive::action::ping:
      nghttp2_submit_ping(library.get(), NGHTTP2_FLAG_NONE, ping_word);
      break;
    case keep_alive::action::give_up:
      doom(NGHTTP2_NO_ERROR, errc::connection_lost,
           "the peer did not answer a PING in time");
      break;
  }
  if (when >= drain_due())
    on_drain_due();
  if (when >= stream_due && alive())
    check_streams();
  pump();
  tell_late();
}

// -- commands ----------------------------------------------------------------------

stream* session_core::sendable(int32_t id) const noexcept {
  if (!alive())
    return nullptr;
  auto* x = streams.find(id);
  return x != nullptr && !x->ended_by_us && !x->reset_by_us ? x : nullptr;
}

void session_core::data(int32_t id, std::string&& bytes) {
  auto* x = sendable(id);
  if (x == nullptr || !x->head_given || bytes.empty())
    return;
  x->body.push(std::move(bytes));
  if (x->body.size() >= limits2.stream_output_bytes)
    x->was_full = true;
  check_streams_at(now + limits2.stall_time);
  resume(*x);
}

void session_core::resume(stream& x) {
  if (x.deferred) {
    x.deferred = false;
    nghttp2_session_resume_data(library.get(), x.id);
  }
}

void session_core::consumed(int32_t id, size_t bytes) {
  if (!alive())
    return;
  if (auto* x = streams.find(id)) {
    bytes = std::min(bytes, x->unconsumed);
    x->unconsumed -= bytes;
    release(*x, bytes);
  }
}

void session_core::release(stream& x, size_t bytes) {
  if (bytes == 0)
    return;
  if (x.ended_by_peer)
    nghttp2_session_consume_connection(library.get(), bytes);
  else
    nghttp2_session_consume(library.get(), x.id, bytes);
}

void session_core::reset(int32_t id, uint32_t code) {
  if (!alive())
    return;
  if (auto* x = streams.find(id))
    give_up(*x, code);
}

void session_core::give_up(stream& x, uint32_t code) {
  x.over = true;
  if (std::exchange(x.reset_by_us, true))
    return;
  nghttp2_submit_rst_stream(library.get(), NGHTTP2_FLAG_NONE, x.id, code);
}

void session_core::lose(stream& x, uint32_t code, error why) {
  if (x.told && !x.over)
    late_.push_back({x.id, false, std::move(why)});
  give_up(x, code);
}

} // namespace mica::net::http2
