#include "io/unix_socket.hpp"

#include "mica/net/addresses.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mica::net {

namespace {

std::string path_of(std::string_view address) {
  return std::string{address.substr(unix_prefix.size())};
}

int new_socket() {
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

error cannot(std::string_view address, const std::string& why) {
  return {errc::unavailable, "cannot listen on " + std::string{address} + ": " + why};
}

bool nobody_answers(const socket_address& where) {
  auto probe = new_socket();
  auto refused = probe >= 0 && ::connect(probe, where.data(), where.size()) != 0
                 && errno == ECONNREFUSED;
  if (probe >= 0)
    ::close(probe);
  return refused;
}

/// Makes way for a socket. @returns nothing if a bind may now succeed.
error clear_path(std::string_view address, const socket_address& where) {
  struct stat info {};
  auto path = path_of(address);
  if (::lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode))
    return cannot(address, "the file is there and is no socket; choose another path");
  if (!nobody_answers(where))
    return cannot(address, "another process listens there; end it or choose another "
                           "path");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return cannot(address, std::string{"a dead process left the file, and removing it "
                                       "fails: "}
                               + std::strerror(errno));
  return {};
}

int bind_and_listen(int fd, const socket_address& where) {
  auto ok = ::bind(fd, where.data(), where.size()) == 0 && ::listen(fd, SOMAXCONN) == 0;
  return ok ? 0 : errno;
}

} // namespace

void socket_file::remove() const noexcept {
  struct stat info {};
  auto* path = address.c_str() + unix_prefix.size();
  if (::lstat(path, &info) == 0 && info.st_dev == device && info.st_ino == inode)
    ::unlink(path);
}

expected<unix_listener> listen_unix(std::string_view address) {
  auto where = parse_socket_address(address);
  if (!where)
    return std::move(where.error());
  unix_listener result;
  result.fd = new_socket();
  if (result.fd < 0)
    return cannot(address, std::strerror(errno));
  auto problem = bind_and_listen(result.fd, *where);
  error why;
  if (problem == EADDRINUSE) {
    why = clear_path(address, *where);
    if (!why)
      problem = bind_and_listen(result.fd, *where);
  }
  if (!why && problem != 0)
    why = cannot(address, std::string{std::strerror(problem)}
                              + "; choose a path in a folder that this process may "
                                "write to");
  if (why) {
    ::close(result.fd);
    return why;
  }
  result.file.address = address;
  struct stat info {};
  if (::lstat(path_of(address).c_str(), &info) == 0) {
    result.file.device = info.st_dev;
    result.file.inode = info.st_ino;
  }
  return result;
}

bool half_closed_by_peer(int fd) {
  pollfd what{fd, POLLRDHUP, 0};
  return ::poll(&what, 1, 0) == 1 && (what.revents & POLLRDHUP) != 0
         && (what.revents & (POLLHUP | POLLERR)) == 0;
}

} // namespace mica::net
