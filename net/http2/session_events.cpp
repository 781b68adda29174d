// What nghttp2 tells a session, of frames that came and frames that leave.

#include "http2/session_core.hpp"

#include <algorithm>
#include <utility>

namespace mica::net::http2 {

namespace {

// A field section beyond so many times the limit ends the connection: to keep HPACK's
// state one has to decode all of it, and some octets can stand for kilobytes.
constexpr size_t bomb_factor = 16;

// RFC 9113, 6.5.2.
constexpr size_t field_overhead = 32;

std::string_view octets(const uint8_t* from, size_t size) noexcept {
  return {reinterpret_cast<const char*>(from), size};
}

/// What a peer said, fit for a log.
std::string printable(std::string_view said) {
  std::string result{said.substr(0, 200)};
  for (auto& c : result)
    if (c < ' ' || c > '~')
      c = '?';
  return result;
}

} // namespace

int session_core::verdict() const noexcept {
  return doomed_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int session_core::on_begin_headers(const nghttp2_frame& frame) {
  if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    reading_ = begin_stream(frame.hd.stream_id);
    meter.opened_stream();
  } else {
    reading_ = streams.find(frame.hd.stream_id);
    if (reading_ != nullptr)
      begin_fields(*reading_);
  }
  return verdict();
}

int session_core::on_header(const nghttp2_frame& frame, std::string_view name,
                            std::string_view value) {
  auto* x = reading_;
  if (x == nullptr || x->id != frame.hd.stream_id)
    return 0;
  x->header_bytes += name.size() + value.size() + field_overhead;
  ++x->header_fields;
  if (x->header_bytes > bomb_factor * limits.header_bytes) {
    doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
         "a field section is more than " + std::to_string(bomb_factor)
             + " times http_limits::header_bytes");
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (x->header_bytes > limits.header_bytes || x->header_fields > limits.header_fields)
    x->too_many_fields = true;
  else
    take_field(*x, name, value);
  return 0;
}

int session_core::on_frame(const nghttp2_frame& frame) {
  bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      if (auto* x = streams.find(frame.hd.stream_id)) {
        x->ended_by_peer = last;
        end_fields(*x, last);
      }
      reading_ = nullptr;
      break;
    case NGHTTP2_DATA:
      if (auto* x = last ? streams.find(frame.hd.stream_id) : nullptr) {
        x->ended_by_peer = true;
        end_body(*x);
      }
      break;
    case NGHTTP2_RST_STREAM:
      if (auto* x = streams.find(frame.hd.stream_id)) {
        x->reset_by_peer = true;
        if (side_ == side::server && !x->end_framed && !x->reset_by_us
            && !meter.wasted_stream())
          doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
               "the peer reset more streams than http2_limits::resets and "
               "resets_per_second allow: send fewer requests in vain");
      }
      break;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0)
        settings_acked = true;
      else
        peer_settings = true;
      break;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0
          && std::equal(drain_word, drain_word + 8, frame.ping.opaque_data))
        on_drain_step();
      break;
    case NGHTTP2_GOAWAY:
      peer_going = true;
      on_peer_going();
      farewell =
          std::string{"GOAWAY with "} + nghttp2_http2_strerror(frame.goaway.error_code);
      if (frame.goaway.opaque_data_len > 0)
        farewell +=
            ": "
            + printable(octets(frame.goaway.opaque_data, frame.goaway.opaque_data_len));
      break;
  }
  return verdict();
}

int session_core::on_data(int32_t id, std::string_view bytes) {
  auto* x = streams.find(id);
  if (x != nullptr)
    take_data(*x, bytes);
  else
    nghttp2_session_consume_connection(library.get(), bytes.size());
  return verdict();
}

void session_core::on_invalid(const nghttp2_frame& frame, int code) {
  complaint_ = nghttp2_strerror(code);
  // grpc-go's client names the last of its own streams where ours belong, and leaves.
  ill_parted_ = frame.hd.type == NGHTTP2_GOAWAY && frame.hd.stream_id == 0
                && frame.goaway.error_code == NGHTTP2_NO_ERROR;
  if (code == NGHTTP2_ERR_REFUSED_STREAM)
    on_refused(frame.hd.stream_id);
}

int session_core::on_closed(int32_t id, uint32_t code) {
  auto* x = streams.find(id);
  if (x == nullptr)
    return 0;
  if (reading_ == x)
    reading_ = nullptr;
  if (x->told && !x->over) {
    bool by_peer = x->reset_by_peer;
    auto why =
        std::string{by_peer ? "the peer reset the stream: " : "the stream was reset: "}
        + nghttp2_http2_strerror(code);
    if (!by_peer && !complaint_.empty())
      why.append(": ").append(printable(complaint_));
    late_.push_back({id, false, failure_of(reason_of(code, by_peer), std::move(why))});
  }
  complaint_.clear();
  if (x->unconsumed > 0)
    nghttp2_session_consume_connection(library.get(), x->unconsumed);
  x->body.retire(out);
  forget(*x);
  streams.erase(id);
  return verdict();
}

int session_core::on_framed(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if (auto* x = streams.find(frame.hd.stream_id)) {
        x->head_framed = true;
        if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          x->end_framed = true;
          // RFC 9113, 8.1: a server that has said everything wants no more of the
          // request.
          if (side_ == side::server && !x->ended_by_peer)
            give_up(*x, NGHTTP2_NO_ERROR);
        }
      }
      break;
    case NGHTTP2_RST_STREAM: {
      auto* x = streams.find(frame.hd.stream_id);
      if (side_ == side::server && x != nullptr && !x->reset_by_us
          && !meter.wasted_stream())
        doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
             "the peer broke more streams than http2_limits::resets and "
             "resets_per_second allow");
      break;
    }
    case NGHTTP2_GOAWAY:
      if (frame.goaway.error_code == NGHTTP2_NO_ERROR)
        break;
      broken_ = true;
      if (ill_parted_ && streams.size() == 0)
        break;
      failure = failure_of(frame.goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM
                               ? errc::limit_exceeded
                               : errc::protocol_error,
                           nghttp2_http2_strerror(frame.goaway.error_code));
      // The library's own words, or the last that it had said before.
      if (frame.goaway.opaque_data_len > 0)
        failure.detail.append(": ").append(
            octets(frame.goaway.opaque_data, frame.goaway.opaque_data_len));
      else if (!complaint_.empty())
        failure.detail.append(": ").append(printable(complaint_));
      break;
  }
  return verdict();
}

// Larger frames than the library's 16 KiB, where the peer takes them; what the windows
// let go and the library makes sure of.
ssize_t session_core::frame_room(const stream* x, int32_t window, int32_t stream_window,
                                 uint32_t most) const noexcept {
  auto waits = x == nullptr ? size_t{1} : std::max<size_t>(x->body.size(), 1);
  return static_cast<ssize_t>(
      std::min({waits, size_t{most}, limits2.frame_bytes,
                static_cast<size_t>(std::max(window, 1)),
                static_cast<size_t>(std::max(stream_window, 1))}));
}

ssize_t session_core::read_body(stream& x, size_t room, uint32_t& flags) {
  auto size = std::min(room, x.body.size());
  bool last = x.ended_by_us && size == x.body.size();
  if (size == 0 && !last) {
    x.deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  meter.sent_data(size, size < x.body.size());
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (last) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!x.trailers.empty()) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      block.clear();
      block.add(x.trailers);
      if (nghttp2_submit_trailer(library.get(), x.id, block.data(), block.size()) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
  }
  return static_cast<ssize_t>(size);
}

int session_core::frame_body(stream& x, const uint8_t* head, size_t bytes) {
  constexpr size_t head_bytes = 9;
  out.append(octets(head, head_bytes));
  x.body.frame(bytes, out);
  x.stalled = {};
  if (!x.over && !x.ended_by_us) {
    x.written += bytes;
    if (x.was_full && x.body.size() < limits2.stream_output_bytes / 2) {
      x.was_full = false;
      x.has_room = true;
    }
    if (!std::exchange(x.output_noted, true))
      late_.push_back({x.id, true, {}});
  }
  // Enough for one write: the rest waits its turn.
  return out.size() < burst_bytes ? 0 : NGHTTP2_ERR_PAUSE;
}

} // namespace mica::net::http2
