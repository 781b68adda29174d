#define CAF_SUITE descriptors

#include "net/io/live.hpp"

#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

constexpr rlim_t child_descriptors = 96;

/// Serves with few descriptors until `stop` ends; tells its address to `tell`.
[[noreturn]] void serve(int tell, int stop) {
  const rlimit few{child_descriptors, child_descriptors};
  if (setrlimit(RLIMIT_NOFILE, &few) != 0)
    _exit(2);
  {
    live_system system;
    live_listener server{system};
    auto line = server.bound + "\n";
    if (::write(tell, line.data(), line.size()) < 0)
      _exit(3);
    char byte;
    while (::read(stop, &byte, 1) > 0)
      ; // repeat
    if (server.stats().pauses == 0)
      _exit(4);
  }
  _exit(0);
}

std::string read_line(int from) {
  std::string result;
  for (char c; ::read(from, &c, 1) == 1 && c != '\n';)
    result += c;
  return result;
}

} // namespace

// With EMFILE, CAF's acceptor would spin and nobody would be served any more.
CAF_TEST(more peers than descriptors wait for their turn) {
  int told[2];
  int stop[2];
  CAF_REQUIRE(pipe2(told, O_CLOEXEC) == 0 && pipe2(stop, O_CLOEXEC) == 0);
  auto child = fork();
  CAF_REQUIRE(child >= 0);
  if (child == 0) {
    ::close(told[0]);
    ::close(stop[1]);
    serve(told[1], stop[0]);
  }
  ::close(told[1]);
  ::close(stop[0]);
  auto address = read_line(told[0]);
  const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<raw_peer> peers;
  for (rlim_t i = 0; i < 2 * child_descriptors; ++i) {
    peers.emplace_back(address);
    CAF_REQUIRE(peers.back().connected());
    peers.back().send(get);
  }
  // Everyone is served when those before have left.
  for (auto& peer : peers) {
    CAF_CHECK(peer.response().find("200 OK") != std::string::npos);
    peer.close();
  }
  ::close(stop[1]);
  int status = 0;
  CAF_REQUIRE(waitpid(child, &status, 0) == child);
  CAF_CHECK(WIFEXITED(status));
  CAF_CHECK_EQUAL(WEXITSTATUS(status), 0);
  ::close(told[0]);
}
