// Where the core meets nghttp2.

#include "http2/session_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace mica::net::http2 {

namespace {

std::string_view text(const uint8_t* from, size_t size) noexcept {
  return {reinterpret_cast<const char*>(from), size};
}

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

  static ssize_t room(nghttp2_session*, uint8_t, int32_t id, int32_t window,
                      int32_t stream_window, uint32_t most, void* user) {
    const auto& session = of(user);
    return session.frame_room(session.streams.find(id), window, stream_window, most);
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
    nghttp2_session_callbacks_set_data_source_read_length_callback(x, room);
    return x;
  }

  /// The same for all sessions, never changed, never freed.
  static const nghttp2_session_callbacks* table() {
    static const auto* const result = make();
    return result;
  }
};

namespace {

nghttp2_mem callbacks_of(session_memory& from) noexcept {
  static constexpr auto owner = [](void* user) -> session_memory& {
    return *static_cast<session_memory*>(user);
  };
  nghttp2_mem x{};
  x.mem_user_data = &from;
  x.malloc = [](size_t bytes, void* user) { return owner(user).allocate(bytes); };
  x.free = [](void* block, void* user) { owner(user).release(block); };
  x.calloc = [](size_t count, size_t size, void* user) -> void* {
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
      return nullptr;
    auto* block = owner(user).allocate(bytes);
    return block == nullptr ? nullptr : std::memset(block, 0, bytes);
  };
  x.realloc = [](void* block, size_t bytes, void* user) {
    return owner(user).resize(block, bytes);
  };
  return x;
}

struct option_deleter {
  void operator()(nghttp2_option* x) const noexcept {
    nghttp2_option_del(x);
  }
};

// RFC 9113, 6.5.2: what may be said.
size_t frame_size(const http2_limits& limits) noexcept {
  return std::clamp<size_t>(limits.frame_bytes, 1 << 14, (1 << 24) - 1);
}

auto make_options(const http2_limits& limits) {
  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0)
    throw std::bad_alloc{};
  std::unique_ptr<nghttp2_option, option_deleter> x{made};
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_max_deflate_dynamic_table_size(made, limits.header_table_bytes);
  nghttp2_option_set_max_outbound_ack(made, limits.unread_answers);
  // Ours count frames, by the clock that they are given, and say why.
  nghttp2_option_set_max_continuations(made, SIZE_MAX);
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
  // Copied by the library.
  auto given = callbacks_of(this->memory);
  nghttp2_session* made = nullptr;
  auto failed = which == side::server
                    ? nghttp2_session_server_new3(&made, library_calls::table(), this,
                                                  options.get(), &given)
                    : nghttp2_session_client_new3(&made, library_calls::table(), this,
                                                  options.get(), &given);
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
  set(NGHTTP2_SETTINGS_MAX_FRAME_SIZE, frame_size(limits2));
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

int session_core::submit_head(stream& x, bool last) {
  x.head_given = true;
  submitted_ = true;
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

} // namespace mica::net::http2
