// Where the core meets nghttp2.

#include "http2/session_core.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace mica::net::http2 {

namespace {

std::string_view text(const uint8_t* from, size_t size) noexcept {
  return {reinterpret_cast<const char*>(from), size};
}

// A field section beyond so many times the limit ends the connection: to keep HPACK's
// state one has to decode all of it, and some octets can stand for kilobytes.
constexpr size_t bomb_factor = 16;

// RFC 9113, 6.5.2.
constexpr size_t field_overhead = 32;

} // namespace

/// The library's callbacks: each finds its session and returns the session's verdict.
struct library_calls {
  static session_core& of(void* user) noexcept {
    return *static_cast<session_core*>(user);
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return of(user).on_begin_headers(*frame);
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                    void* user) {
    return of(user).on_header(*frame, text(name, name_size), text(value, value_size));
  }

  // The library would leave the field out; RFC 9113, 8.1.1 has the message malformed.
  static int bad_header(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                        const uint8_t*, size_t, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return of(user).on_frame(*frame);
  }

  static int bad_frame(nghttp2_session*, const nghttp2_frame* frame, int code,
                       void* user) {
    of(user).on_invalid(*frame, code);
    return of(user).verdict();
  }

  static int data_chunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes,
                        size_t size, void* user) {
    return of(user).on_data(id, text(bytes, size));
  }

  static int stream_closed(nghttp2_session*, int32_t id, uint32_t code, void* user) {
    return of(user).on_closed(id, code);
  }

  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return of(user).on_framed(*frame);
  }

  static int complain(nghttp2_session*, int, const char* what, size_t size,
                      void* user) {
    of(user).complaint_.assign(what, size);
    return 0;
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* head,
                       size_t size, nghttp2_data_source* source, void* user) {
    return of(user).frame_body(*static_cast<stream*>(source->ptr), head, size);
  }

  static ssize_t read(nghttp2_session*, int32_t, uint8_t*, size_t room, uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    return of(user).read_body(*static_cast<stream*>(source->ptr), room, *flags);
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* x = nullptr;
    if (nghttp2_session_callbacks_new(&x) != 0)
      throw std::bad_alloc{};
    nghttp2_session_callbacks_set_on_begin_headers_callback(x, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(x, header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(x, bad_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(x, frame_received);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(x, bad_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(x, data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(x, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(x, frame_sent);
    nghttp2_session_callbacks_set_error_callback2(x, complain);
    nghttp2_session_callbacks_set_send_data_callback(x, send_data);
    return x;
  }

  /// The same for all sessions, never changed, never freed.
  static const nghttp2_session_callbacks* table() {
    static const auto* const result = make();
    return result;
  }
};

namespace {

struct option_deleter {
  void operator()(nghttp2_option* x) const noexcept {
    nghttp2_option_del(x);
  }
};

auto make_options(const http2_limits& limits) {
  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0)
    throw std::bad_alloc{};
  std::unique_ptr<nghttp2_option, option_deleter> x{made};
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_max_deflate_dynamic_table_size(made, limits.header_table_bytes);
  nghttp2_option_set_max_continuations(made, limits.continuations);
  nghttp2_option_set_max_outbound_ack(made, limits.unread_answers);
  // Ours counts by the clock that it is given, and says why.
  nghttp2_option_set_stream_reset_rate_limit(made, UINT64_MAX, UINT64_MAX);
  return x;
}

} // namespace

session_core::session_core(side which, const http_limits& bounds,
                           const http2_limits& bounds2)
  : limits(bounds),
    limits2(bounds2),
    meter(bounds2),
    alive_watch(bounds2),
    side_(which),
    preface_left_(which == side::server ? NGHTTP2_CLIENT_MAGIC_LEN : 0) {
  auto options = make_options(limits2);
  nghttp2_session* made = nullptr;
  auto failed = which == side::server
                    ? nghttp2_session_server_new2(&made, library_calls::table(), this,
                                                  options.get())
                    : nghttp2_session_client_new2(&made, library_calls::table(), this,
                                                  options.get());
  if (failed != 0)
    throw std::bad_alloc{};
  library.reset(made);
  start();
}

void session_core::start() {
  auto value = [](size_t x) {
    return static_cast<uint32_t>(std::min<size_t>(x, INT32_MAX));
  };
  std::vector<nghttp2_settings_entry> settings;
  auto set = [&settings, value](int32_t id, size_t x) {
    settings.push_back({id, value(x)});
  };
  set(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits2.stream_window_bytes);
  set(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_bytes);
  if (limits2.header_table_bytes != NGHTTP2_DEFAULT_HEADER_TABLE_SIZE)
    set(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits2.header_table_bytes);
  if (side_ == side::server) {
    set(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits2.concurrent_streams);
    // RFC 9218, 2.1: the tree of RFC 7540 is not kept.
    set(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1);
  } else {
    set(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
  }
  if (nghttp2_submit_settings(library.get(), NGHTTP2_FLAG_NONE, settings.data(),
                              settings.size())
          != 0
      || nghttp2_session_set_local_window_size(
             library.get(), NGHTTP2_FLAG_NONE, 0,
             static_cast<int32_t>(value(limits2.connection_window_bytes)))
             != 0)
    throw std::bad_alloc{};
}

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
        if (!x->end_framed && !x->reset_by_us && !meter.wasted_stream())
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
      farewell =
          std::string{"GOAWAY with "} + nghttp2_http2_strerror(frame.goaway.error_code);
      if (frame.goaway.opaque_data_len > 0)
        farewell.append(": ").append(
            text(frame.goaway.opaque_data,
                 std::min<size_t>(frame.goaway.opaque_data_len, 256)));
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
  if (code == NGHTTP2_ERR_REFUSED_STREAM)
    on_refused(frame.hd.stream_id);
}

int session_core::on_closed(int32_t id, uint32_t code) {
  auto* x = streams.find(id);
  if (x == nullptr)
    return 0;
  if (reading_ == x)
    reading_ = nullptr;
  if (!x->over) {
    bool by_peer = x->reset_by_peer;
    auto why =
        std::string{by_peer ? "the peer reset the stream: " : "the stream was reset: "}
        + nghttp2_http2_strerror(code);
    if (!by_peer && !complaint_.empty())
      why.append(": ").append(complaint_);
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
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        if (auto* x = streams.find(frame.hd.stream_id)) {
          x->end_framed = true;
          // RFC 9113, 8.1: a server that has said everything wants no more of the
          // request.
          if (side_ == side::server && !x->ended_by_peer)
            give_up(*x, NGHTTP2_NO_ERROR);
        }
      break;
    case NGHTTP2_RST_STREAM: {
      auto* x = streams.find(frame.hd.stream_id);
      if (x != nullptr && !x->reset_by_us && !meter.wasted_stream())
        doom(NGHTTP2_ENHANCE_YOUR_CALM, errc::limit_exceeded,
             "the peer broke more streams than http2_limits::resets and "
             "resets_per_second allow");
      break;
    }
    case NGHTTP2_GOAWAY:
      if (frame.goaway.error_code == NGHTTP2_NO_ERROR)
        break;
      broken_ = true;
      failure = failure_of(
          frame.goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM ? errc::limit_exceeded
                                                               : errc::protocol_error,
          std::string{nghttp2_http2_strerror(frame.goaway.error_code)} + ": "
              + (frame.goaway.opaque_data_len > 0 ? std::string{text(
                     frame.goaway.opaque_data, frame.goaway.opaque_data_len)}
                                                  : complaint_));
      break;
  }
  return verdict();
}

int session_core::submit_head(stream& x, bool last) {
  x.head_given = true;
  nghttp2_data_provider provider{};
  provider.source.ptr = &x;
  provider.read_callback = library_calls::read;
  auto* body = last ? nullptr : &provider;
  if (side_ == side::server)
    return nghttp2_submit_response(library.get(), x.id, block.data(), block.size(),
                                   body);
  auto id = nghttp2_submit_request(library.get(), nullptr, block.data(), block.size(),
                                   body, nullptr);
  return id < 0 ? id : 0;
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
  out.append(text(head, head_bytes));
  x.body.frame(bytes, out);
  x.framed = now;
  if (x.was_full && x.body.size() < limits2.stream_output_bytes / 2) {
    x.was_full = false;
    if (!x.over && !x.ended_by_us)
      late_.push_back({x.id, true, {}});
  }
  // Enough for one write: the rest waits its turn.
  return out.size() < 64 * 1024 ? 0 : NGHTTP2_ERR_PAUSE;
}

} // namespace mica::net::http2
