// Requests, from the first field to the last byte. Responses: server_answers.cpp.

#include "http2/server_core.hpp"

#include "http1/framing.hpp"
#include "http2/refusal.hpp"

#include <algorithm>
#include <utility>

namespace mica::net::http2 {

namespace {

// Room for the fields of most requests at once.
constexpr size_t usual_fields = 12;
constexpr size_t usual_bytes = 320;

server_stream& ours(stream& x) noexcept {
  return static_cast<server_stream&>(x);
}

std::string beyond(std::string_view what, size_t limit, std::string_view member) {
  std::string text{what};
  text += " exceed the limit of ";
  text += std::to_string(limit);
  text += ": send less or raise ";
  text += member;
  return text;
}

} // namespace

server_core::server_core(const http_limits& bounds, const http2_limits& bounds2,
                         server_events& to)
  : session_core(side::server, bounds, bounds2),
    to_(&to) {
  // nop
}

// -- fields ------------------------------------------------------------------------

stream* server_core::begin_stream(int32_t id) {
  auto made = std::make_unique<server_stream>(id);
  made->request.fields.reserve(usual_fields, usual_bytes);
  return &streams.insert(std::move(made));
}

void server_core::begin_fields(stream&) {
  // Nop: trailers go where they belong.
}

void server_core::take_field(stream& from, std::string_view name,
                             std::string_view value) {
  auto& x = ours(from);
  if (x.head_done) {
    if (http1::belongs_to_message(http1::kind_of(name)) && !x.over)
      x.request.trailers.add(name, value);
    return;
  }
  if (name.front() == ':') {
    take_pseudo(x, name, value);
    return;
  }
  auto& fields = x.request.fields;
  switch (http1::kind_of(name)) {
    case http1::field_kind::ordinary:
      // RFC 9113, 8.2.3: cut up for HPACK's sake, one field for everybody else.
      if (name == "cookie")
        if (auto before = fields.get(name)) {
          fields.set(name, std::string{*before}.append("; ").append(value));
          break;
        }
      fields.add(name, value);
      break;
    case http1::field_kind::host:
      // `:authority` prevails (RFC 9113, 8.3.1).
      if (!std::exchange(x.has_host, true))
        fields.add("Host", value);
      break;
    case http1::field_kind::content_length:
      // Checked by nghttp2, also against the body.
      x.announced = length_of(value);
      break;
    case http1::field_kind::expect:
      x.expects_continue = equal_names(value, "100-continue");
      break;
    default:
      break;
  }
}

void server_core::take_pseudo(server_stream& x, std::string_view name,
                              std::string_view value) {
  if (name == ":path") {
    x.request.target = value;
  } else if (name == ":method") {
    x.request.method = value;
    x.to_head = value == "HEAD";
  } else if (name == ":authority") {
    x.has_host = true;
    x.request.fields.add("Host", value);
  }
}

void server_core::end_fields(stream& from, bool last) {
  auto& x = ours(from);
  if (!std::exchange(x.head_done, true)) {
    accept(x, last);
    return;
  }
  // Trailers; nghttp2 has seen to it that they end the message.
  if (x.too_many_fields && !x.over) {
    --bodies_;
    auto text = beyond("the fields of request and trailers", limits.header_bytes,
                       "http_limits::header_bytes or header_fields");
    if (x.in_pieces)
      lose(x, NGHTTP2_ENHANCE_YOUR_CALM, failure_of(errc::limit_exceeded, text));
    else
      refuse(x, 431, std::move(text));
    return;
  }
  finish(x);
}

void server_core::accept(server_stream& x, bool last) {
  x.request.major_version = 2;
  x.request.minor_version = 0;
  if (!last)
    ++bodies_;
  if (x.too_many_fields)
    refuse(x, 431,
           beyond("the request's fields", limits.header_bytes,
                  "http_limits::header_bytes or header_fields"));
  else if (x.request.target.size() > limits.start_line_bytes)
    refuse(x, 414,
           beyond("the bytes of :path", limits.start_line_bytes,
                  "http_limits::start_line_bytes"));
  else if (x.request.method == "CONNECT")
    refuse(x, 501, "CONNECT is not served: this is no proxy");
  else if (last)
    tell_request(x);
  else
    begin_body(x);
}

// -- bodies ------------------------------------------------------------------------

void server_core::begin_body(server_stream& x) {
  if (to_->on_head(x.id, x.request)) {
    x.in_pieces = true;
    x.told = true;
    ++told_;
  } else {
    x.collecting = true;
    x.received = now;
    check_streams_at(now + limits.body_time);
    if (x.announced > limits.body_bytes) {
      refuse(x, 413,
             beyond("the bytes of the body", limits.body_bytes,
                    "http_limits::body_bytes"));
      return;
    }
  }
  if (x.expects_continue && !x.over && !x.head_given) {
    const nghttp2_nv fields[] = {
        {reinterpret_cast<uint8_t*>(const_cast<char*>(":status")),
         reinterpret_cast<uint8_t*>(const_cast<char*>("100")), 7, 3,
         NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}};
    nghttp2_submit_headers(library.get(), NGHTTP2_FLAG_NONE, x.id, nullptr, fields, 1,
                           nullptr);
  }
}

void server_core::take_data(stream& from, std::string_view bytes) {
  auto& x = ours(from);
  if (x.over) {
    // Nobody wants it: its stream's window stays shut, the connection's does not.
    nghttp2_session_consume_connection(library.get(), bytes.size());
  } else if (x.in_pieces) {
    x.unconsumed += bytes.size();
    to_->on_data(x.id, bytes);
  } else {
    collect(x, bytes);
  }
}

void server_core::collect(server_stream& x, std::string_view bytes) {
  auto& body = x.request.body;
  if (bytes.size() > limits.body_bytes - body.size()) {
    nghttp2_session_consume_connection(library.get(), bytes.size());
    refuse(
        x, 413,
        beyond("the bytes of the body", limits.body_bytes, "http_limits::body_bytes"));
    return;
  }
  if (bytes.size() > limits2.collected_bytes - collected_) {
    nghttp2_session_consume_connection(library.get(), bytes.size());
    give_up(x, NGHTTP2_ENHANCE_YOUR_CALM);
    return;
  }
  x.received = now;
  collected_ += bytes.size();
  if (body.capacity() - body.size() < bytes.size())
    make_room(x, body, bytes, is_grpc(x.request.fields));
  body.append(bytes);
  release(x, bytes.size());
}

void server_core::end_body(stream& from) {
  finish(ours(from));
}

/// The peer has said everything.
void server_core::finish(server_stream& x) {
  --bodies_;
  if (x.over)
    return;
  if (x.in_pieces)
    to_->on_end(x.id, std::move(x.request.trailers));
  else
    tell_request(x);
}

void server_core::tell_request(server_stream& x) {
  if (std::exchange(x.collecting, false))
    collected_ -= x.request.body.size();
  x.told = true;
  ++told_;
  to_->on_request(x.id, std::move(x.request));
}

void server_core::refuse(server_stream& x, int status, std::string text) {
  auto response = refusal(x.request.fields, status, std::move(text));
  if (std::exchange(x.collecting, false))
    collected_ -= x.request.body.size();
  x.request = {};
  answer(x, std::move(response));
}

// -- the end of streams ------------------------------------------------------------

void server_core::forget(stream& from) {
  auto& x = ours(from);
  if (x.head_done && !x.ended_by_peer)
    --bodies_;
  if (x.collecting)
    collected_ -= x.request.body.size();
  if (x.told)
    --told_;
  if (!x.ended_by_peer && !x.reset_by_peer)
    on_refused(x.id);
}

void server_core::tell_lost(int32_t id, const error& why) {
  to_->on_reset(id, why);
}

void server_core::tell_written(int32_t id, size_t bytes) {
  to_->on_written(id, bytes);
}

void server_core::tell_writable(int32_t id) {
  to_->on_writable(id);
}

void server_core::tell_rest() {
  // nop
}

errc server_core::reason_of(uint32_t, bool by_peer) const noexcept {
  return by_peer ? errc::cancelled : errc::protocol_error;
}

void server_core::on_refused(int32_t id) {
  auto most = std::max<size_t>(limits2.concurrent_streams, 1) * 2;
  if (forgiven_.size() < most) {
    forgiven_.push_back(id);
    return;
  }
  forgiven_[forgiven_next_] = id;
  forgiven_next_ = (forgiven_next_ + 1) % most;
}

bool server_core::judge_stream(const frame_head& frame) {
  auto id = frame.stream;
  if (id % 2 == 0)
    return true;
  if (id > last_begun) {
    if (frame.type == frame_type::headers) {
      if (id > last_begun + 2) {
        skipped_from_ = last_begun + 2;
        skipped_to_ = id;
      }
      last_begun = id;
    }
    return true;
  }
  // What comes for a stream that we have ended, or refused, was under way.
  if (last_goaway || streams.find(id) != nullptr
      || std::find(forgiven_.begin(), forgiven_.end(), id) != forgiven_.end())
    return true;
  // RFC 9113, 5.1.1 and 5.1: nghttp2 1.52 lets both pass.
  auto text = "a frame for stream " + std::to_string(id);
  if (id >= skipped_from_ && id < skipped_to_)
    doom(NGHTTP2_PROTOCOL_ERROR, errc::protocol_error,
         text + ", which a higher stream had closed before it began");
  else
    doom(NGHTTP2_STREAM_CLOSED, errc::protocol_error,
         text + ", which the peer had ended");
  return false;
}

} // namespace mica::net::http2
