// The least that answers gRPC over HTTP/2: nghttp2, one thread, one epoll loop. What
// every server here is measured against.
//
//   h2-loop PORT
//
// It keeps path and body of each stream and answers "Hello " and the name, encoded by
// hand. It checks nothing: never put it on a network.

#include <nghttp2/nghttp2.h>

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace {

// One call.
struct call {
  std::string path;
  std::string body;
  std::string reply;
};

nghttp2_nv field(std::string_view name, std::string_view value) {
  auto bytes = [](std::string_view x) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(x.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

ssize_t read_reply(nghttp2_session* session, int32_t stream, uint8_t* to, size_t,
                   uint32_t* flags, nghttp2_data_source* source, void*) {
  const auto& reply = static_cast<call*>(source->ptr)->reply;
  std::memcpy(to, reply.data(), reply.size());
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  nghttp2_nv trailers[] = {field("grpc-status", "0")};
  nghttp2_submit_trailer(session, stream, trailers, 1);
  return static_cast<ssize_t>(reply.size());
}

int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, new call);
}

call* call_of(nghttp2_session* session, int32_t stream) {
  return static_cast<call*>(nghttp2_session_get_stream_user_data(session, stream));
}

int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
              size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
              void*) {
  if (name_size == 5 && std::memcmp(name, ":path", 5) == 0)
    call_of(session, frame->hd.stream_id)
        ->path.assign(reinterpret_cast<const char*>(value), value_size);
  return 0;
}

int on_data(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* bytes,
            size_t size, void*) {
  call_of(session, stream)->body.append(reinterpret_cast<const char*>(bytes), size);
  return 0;
}

int on_stream_close(nghttp2_session* session, int32_t stream, uint32_t, void*) {
  delete call_of(session, stream);
  return 0;
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  auto type = frame->hd.type;
  if ((type != NGHTTP2_DATA && type != NGHTTP2_HEADERS)
      || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
    return 0;
  auto* c = call_of(session, frame->hd.stream_id);
  // Five bytes of prefix, two of field 1's head; a name below 100 bytes.
  auto name = c->body.size() > 7 ? c->body.substr(7) : std::string{};
  auto text_size = name.size() + 6;
  c->reply.assign("\0\0\0\0", 4);
  c->reply += static_cast<char>(text_size + 2);
  c->reply += '\x0a';
  c->reply += static_cast<char>(text_size);
  c->reply += "Hello ";
  c->reply += name;
  nghttp2_nv fields[] = {field(":status", "200"),
                         field("content-type", "application/grpc")};
  nghttp2_data_provider body{};
  body.source.ptr = c;
  body.read_callback = read_reply;
  nghttp2_submit_response(session, frame->hd.stream_id, fields, 2, &body);
  return 0;
}

class connection {
public:
  connection(int fd, nghttp2_session_callbacks* callbacks) : fd_(fd) {
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 256}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 1);
  }

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  ~connection() {
    nghttp2_session_del(session_);
    close(fd_);
  }

  // False when the connection is over.
  bool serve() {
    static uint8_t buffer[64 * 1024];
    auto n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0
        || nghttp2_session_mem_recv(session_, buffer, static_cast<size_t>(n)) < 0)
      return false;
    std::string& out = output();
    out.clear();
    const uint8_t* bytes = nullptr;
    while ((n = nghttp2_session_mem_send(session_, &bytes)) > 0)
      out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
    // The peers here read all the time: a blocking send keeps this short.
    return n == 0
           && (out.empty()
               || send(fd_, out.data(), out.size(), MSG_NOSIGNAL)
                      == static_cast<ssize_t>(out.size()));
  }

private:
  static std::string& output() {
    static std::string result;
    return result;
  }

  int fd_;
  nghttp2_session* session_ = nullptr;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: h2-loop PORT\n");
    return 2;
  }
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0
      || listen(listener, 4096) != 0) {
    std::perror("h2-loop");
    return 1;
  }
  int poll = epoll_create1(EPOLL_CLOEXEC);
  auto watch = [poll](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  std::unordered_map<int, std::unique_ptr<connection>> connections;
  epoll_event events[64];
  for (;;) {
    int n = epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < n; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int peer = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0)
          continue;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        connections[peer] = std::make_unique<connection>(peer, callbacks);
        watch(peer);
      } else if (!connections[fd]->serve()) {
        connections.erase(fd);
      }
    }
  }
}
