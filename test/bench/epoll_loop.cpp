// The least that can answer HTTP: one thread, one epoll loop, one read and one write
// per request, no allocation. What every server here is measured against.
//
//   epoll-loop PORT
//
// It looks for the end of the header, skips Content-Length bytes and answers what
// bench-server answers. It checks nothing: never put it on a network.

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace {

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\n"
                                    "Content-Length: 12\r\n"
                                    "Content-Type: application/protobuf\r\n"
                                    "Micro-Id: 0\r\n"
                                    "X-Micro-Id: 0\r\n"
                                    "\r\n"
                                    "\x0a\x0aHello John";

struct connection {
  char buffer[8192];
  size_t used = 0;
};

// Returns the size of the first whole request, 0 if there is none yet.
size_t request_size(std::string_view text) {
  auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return 0;
  auto head = text.substr(0, end);
  auto length = head.find("Content-Length: ");
  auto body = length == std::string_view::npos
                  ? 0ul
                  : std::strtoul(head.data() + length + 16, nullptr, 10);
  auto total = end + 4 + body;
  return text.size() >= total ? total : 0;
}

// False when the connection is over.
bool serve(int fd, connection& c) {
  auto n = recv(fd, c.buffer + c.used, sizeof(c.buffer) - c.used, 0);
  if (n <= 0)
    return false;
  c.used += static_cast<size_t>(n);
  size_t start = 0;
  while (auto size = request_size({c.buffer + start, c.used - start})) {
    if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
      return false;
    start += size;
  }
  std::memmove(c.buffer, c.buffer + start, c.used - start);
  c.used -= start;
  return c.used < sizeof(c.buffer);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: epoll-loop PORT\n");
    return 2;
  }
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0
      || listen(listener, 1024) != 0) {
    std::perror("epoll-loop");
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
  std::printf("Listening on 127.0.0.1:%s\n", argv[1]);
  std::fflush(stdout);
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
        connections[peer] = std::make_unique<connection>();
        watch(peer);
      } else if (!serve(fd, *connections[fd])) {
        connections.erase(fd);
        close(fd);
      }
    }
  }
}
