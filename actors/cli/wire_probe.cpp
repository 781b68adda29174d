#include "cli/wire_probe.hpp"

#include "mica/net/addresses.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace mica::cli {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::string_view_literals;

// A ClientHello for TLS 1.2 and 1.3 with what is common, and without a key: whoever
// speaks TLS answers by a ServerHello or asks for one (HelloRetryRequest).
constexpr auto client_hello =
    "\x16\x03\x01\x00\x6c"             // a handshake record
    "\x01\x00\x00\x68\x03\x03"         // a ClientHello
    "mica doctor asks: is it TLS? ..." // 32 bytes that need not be random here
    "\x00"                             // no session
    "\x00\x10\x13\x01\x13\x02\x13\x03\xc0\x2f\xc0\x30\xc0\x2b\xc0\x2c\x00\x9c"
    "\x01\x00"                                         // no compression
    "\x00\x2f\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17" // X25519, P-256
    "\x00\x0d\x00\x12\x00\x10\x04\x03\x05\x03\x08\x04" // signatures
    "\x08\x05\x08\x06\x04\x01\x05\x01\x08\x07"
    "\x00\x2b\x00\x05\x04\x03\x04\x03\x03" // TLS 1.3, TLS 1.2
    "\x00\x33\x00\x02\x00\x00"sv;          // no key yet
static_assert(client_hello.size() == 5 + 0x6c);

constexpr auto http1_request =
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"sv;

// The preface, and empty SETTINGS.
constexpr auto http2_preface =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"sv;

// As many bytes as it takes to tell answers apart.
constexpr size_t telling_bytes = "HTTP/1.1 200"sv.size();

// The header of a frame, RFC 9113, 4.1.
constexpr size_t frame_header = 9;

class socket_fd {
public:
  explicit socket_fd(int fd = -1) : fd_(fd) {
    // nop
  }

  socket_fd(socket_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
    // nop
  }

  socket_fd& operator=(socket_fd&&) = delete;

  ~socket_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  int get() const noexcept {
    return fd_;
  }

private:
  int fd_;
};

struct connection {
  socket_fd fd;
  std::string address;
};

bool wait_for(int fd, short events, clock::time_point end) {
  for (;;) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0)
      return false;
    pollfd x{fd, events, 0};
    auto n = ::poll(&x, 1, static_cast<int>(left.count()));
    if (n > 0)
      return true;
    if (n < 0 && errno != EINTR)
      return false;
  }
}

/// The number of the failure, 0 for none; ETIMEDOUT after `probe_time`.
int connect_in_time(int fd, const sockaddr* to, socklen_t size) {
  if (::connect(fd, to, size) == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  if (!wait_for(fd, POLLOUT, clock::now() + probe_time))
    return ETIMEDOUT;
  int failure = 0;
  socklen_t length = sizeof(failure);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) != 0)
    return errno;
  return failure;
}

std::string meaning(int failure) {
  switch (failure) {
    case ECONNREFUSED:
    case ENOENT:
      return "nobody listens there: the process has ended, or listens elsewhere "
             "(--server_advertise says what is registered)";
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "no way leads there from here: a firewall, a machine that is down, or an "
             "address of another network; --server_advertise registers another one";
    default:
      return "look at the network between here and there";
  }
}

error cant_connect(const std::string& to, int failure) {
  return {errc::connection_failed, "can't connect to " + to + ": "
                                       + std::strerror(failure) + "; "
                                       + meaning(failure)};
}

expected<connection> connect_to_path(const std::string& address) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  auto path = address.substr(net::unix_prefix.size());
  if (path.size() >= sizeof(to.sun_path))
    return error{errc::invalid_argument, address + " is too long for a Unix socket"};
  std::memcpy(to.sun_path, path.data(), path.size());
  socket_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (auto failure =
          connect_in_time(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)))
    return cant_connect(address, failure);
  return connection{std::move(fd), address};
}

std::string numeric(const addrinfo& x) {
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (::getnameinfo(x.ai_addr, x.ai_addrlen, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    return "?";
  return net::to_string({host, static_cast<uint16_t>(std::stoi(port))});
}

expected<connection> connect_to(const std::string& address) {
  if (net::is_unix_address(address))
    return connect_to_path(address);
  auto parts = net::parse_host_port(address);
  if (!parts || parts->host.empty() || parts->port == 0)
    return error{errc::invalid_argument,
                 "\"" + address
                     + "\" is no host:port that could be called; register it anew "
                       "(--server_advertise)"};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto failure = ::getaddrinfo(parts->host.c_str(), std::to_string(parts->port).c_str(),
                               &hints, &found);
  if (failure != 0)
    return error{errc::connection_failed,
                 "the name " + parts->host + " has no address here ("
                     + ::gai_strerror(failure)
                     + "); look at the resolver, or register a numeric address "
                       "(--server_advertise)"};
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, ::freeaddrinfo};
  error last;
  for (auto* x = found; x != nullptr; x = x->ai_next) {
    socket_fd fd{::socket(x->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    auto why =
        fd.get() < 0 ? errno : connect_in_time(fd.get(), x->ai_addr, x->ai_addrlen);
    if (why == 0)
      return connection{std::move(fd), numeric(*x)};
    last = cant_connect(numeric(*x), why);
  }
  return last;
}

/// What comes back for `question`, up to `telling_bytes`; less if nothing more comes.
std::string ask(const std::string& address, std::string_view question) {
  auto to = connect_to(address);
  if (!to)
    return {};
  auto fd = to->fd.get();
  // It fits into the socket's buffer.
  if (::send(fd, question.data(), question.size(), MSG_NOSIGNAL)
      != static_cast<ssize_t>(question.size()))
    return {};
  std::string result;
  auto end = clock::now() + probe_time;
  while (result.size() < telling_bytes && wait_for(fd, POLLIN, end)) {
    char buffer[telling_bytes];
    auto n = ::recv(fd, buffer, sizeof(buffer), 0);
    if (n <= 0)
      break;
    result.append(buffer, static_cast<size_t>(n));
  }
  return result;
}

uint8_t byte_at(std::string_view bytes, size_t index) {
  return static_cast<uint8_t>(bytes[index]);
}

} // namespace

answer_kind kind_of(std::string_view bytes) noexcept {
  constexpr uint8_t alert = 21;
  constexpr uint8_t handshake = 22;
  constexpr uint8_t settings = 4;
  if (bytes.starts_with("HTTP/1."))
    return bytes.substr(std::min(bytes.size(), "HTTP/1.1"sv.size())).starts_with(" 2")
               ? answer_kind::http1
               : answer_kind::http1_refused;
  if (bytes.size() >= 3 && byte_at(bytes, 1) == 3) {
    if (byte_at(bytes, 0) == handshake)
      return answer_kind::tls_hello;
    if (byte_at(bytes, 0) == alert)
      return answer_kind::tls_alert;
  }
  // No more than 16 KiB before we have allowed it, on stream 0.
  if (bytes.size() >= frame_header && byte_at(bytes, 0) == 0
      && byte_at(bytes, 1) <= 0x40 && byte_at(bytes, 3) == settings
      && bytes.substr(5, 4) == "\0\0\0\0"sv)
    return answer_kind::http2;
  return answer_kind::none;
}

expected<std::string> try_to_connect(const std::string& address) {
  auto made = connect_to(address);
  if (!made)
    return std::move(made.error());
  return std::move(made->address);
}

spoken listen_to(const std::string& address, bool expects_tls) {
  auto hello = answer_kind::none;
  if (expects_tls) {
    hello = kind_of(ask(address, client_hello));
    if (hello == answer_kind::tls_hello)
      return {.tls = true};
  }
  spoken result;
  auto http1 = kind_of(ask(address, http1_request));
  result.http1 = http1 == answer_kind::http1 || http1 == answer_kind::http1_refused;
  result.http2 = kind_of(ask(address, http2_preface)) == answer_kind::http2;
  if (http1 == answer_kind::http1)
    return result;
  // A refusal, in either version, is what servers with TLS may say as well.
  if (!expects_tls)
    hello = kind_of(ask(address, client_hello));
  // An alert may come from either kind, if nothing else was said.
  if (hello == answer_kind::tls_hello
      || (hello == answer_kind::tls_alert && !result.http1 && !result.http2))
    return {.tls = true};
  return result;
}

} // namespace mica::cli
