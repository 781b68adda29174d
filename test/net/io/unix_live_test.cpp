#define CAF_SUITE unix_sockets

#include "net/io/live.hpp"

#include "io/sockaddr.hpp"

#include <cstdlib>
#include <fstream>
#include <memory>

#include <sys/stat.h>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

std::string body_of(const std::string& response) {
  auto end = response.find("\r\n\r\n");
  return end == std::string::npos ? "(no response)" : response.substr(end + 4);
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

struct fixture {
  fixture() {
    CAF_REQUIRE(mkdtemp(folder.data()) != nullptr);
  }

  ~fixture() {
    for (auto name : {"/s", "/file"})
      ::unlink((folder + name).c_str());
    ::rmdir(folder.c_str());
  }

  bool exists() const {
    struct stat info {};
    return ::lstat(path().c_str(), &info) == 0;
  }

  std::string path() const {
    return folder + "/s";
  }

  std::string address() const {
    return "unix:" + path();
  }

  std::string why_not(const std::string& where) {
    listener_options options;
    options.address = where;
    options.handler = std::make_shared<scripted_handler>();
    auto actor = spawn_listener(system.sys, std::move(options));
    auto bound = system.try_ask<std::string>(actor, listen_atom::value);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    return bound ? "bound " + *bound : bound.error().detail;
  }

  /// A socket file as a process that was killed leaves it.
  void leave_stale_file() const {
    auto where = parse_socket_address(address());
    CAF_REQUIRE(where);
    auto fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CAF_REQUIRE(::bind(fd, where->data(), where->size()) == 0);
    ::close(fd);
    CAF_REQUIRE(exists());
  }

  std::string folder = "/tmp/mica-unix-XXXXXX";
  live_system system;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(unix_socket_tests, fixture)

  CAF_TEST(a path serves like a port) {
    live_listener server{system, {}, address()};
    CAF_CHECK_EQUAL(server.bound, address());
    raw_peer peer{server.bound};
    CAF_REQUIRE(peer.connected());
    for (auto target : {"/a", "/b"}) {
      peer.send(get(target));
      CAF_CHECK_EQUAL(body_of(peer.response()), target);
    }
    peer.send(get("/peer"));
    CAF_CHECK_EQUAL(body_of(peer.response()), " " + address());
    peer.send(get("/big"));
    CAF_CHECK_EQUAL(body_of(peer.response()).size(), scripted_handler::big);
  }

  CAF_TEST(a peer that only ends its direction gets its answer) {
    live_listener server{system, {}, address()};
    raw_peer peer{server.bound};
    peer.send(get("/later"));
    auto from = server.handler->take();
    CAF_REQUIRE(from);
    peer.half_close();
    CAF_REQUIRE(server.handler->await_abandoned(1));
    send_reply(*from, text_response("still here"));
    CAF_CHECK_EQUAL(body_of(peer.rest()), "still here");
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 0; }));
  }

  CAF_TEST(a peer that is gone ends its calls) {
    live_listener server{system, {}, address()};
    raw_peer peer{server.bound};
    peer.send(get("/later"));
    CAF_REQUIRE(server.handler->take());
    peer.close();
    CAF_CHECK(server.handler->await_abandoned(1));
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 0; }));
  }

  CAF_TEST(the file goes with its listener) {
    {
      live_listener server{system, {}, address()};
      CAF_CHECK(exists());
      CAF_CHECK(server.drain(5s));
      CAF_CHECK(!exists());
    }
    auto server = std::make_unique<live_listener>(system, http_limits{}, address());
    CAF_CHECK(exists());
    server.reset();
    system.sys.await_all_actors_done();
    CAF_CHECK(!exists());
  }

  CAF_TEST(a file that is not ours any more stays) {
    live_listener server{system, {}, address()};
    CAF_REQUIRE(::unlink(path().c_str()) == 0);
    live_listener successor{system, {}, address()};
    CAF_CHECK(server.drain(5s));
    CAF_CHECK(exists());
    raw_peer peer{successor.bound};
    peer.send(get("/a"));
    CAF_CHECK_EQUAL(body_of(peer.response()), "/a");
  }

  CAF_TEST(the file of a dead process is replaced) {
    leave_stale_file();
    live_listener server{system, {}, address()};
    raw_peer peer{server.bound};
    peer.send(get("/a"));
    CAF_CHECK_EQUAL(body_of(peer.response()), "/a");
  }

  CAF_TEST(a path in use is refused and goes on) {
    live_listener server{system, {}, address()};
    CAF_CHECK_EQUAL(why_not(address()),
                    "cannot listen on " + address()
                        + ": another process listens there; end it or choose another "
                          "path");
    raw_peer peer{server.bound};
    peer.send(get("/a"));
    CAF_CHECK_EQUAL(body_of(peer.response()), "/a");
  }

  CAF_TEST(paths that cannot be bound say why) {
    CAF_CHECK(contains(why_not("unix:relative"), "write a Unix socket as unix:/path"));
    CAF_CHECK(contains(why_not("unix:"), "write a Unix socket as unix:/path"));
    CAF_CHECK(contains(why_not("unix:/" + std::string(107, 'x')),
                       "the path has 108 bytes, the system allows 107"));
    CAF_CHECK(contains(why_not("unix:" + folder + "/none/s"),
                       "No such file or directory; choose a path in a folder"));
    std::ofstream{folder + "/file"} << "text";
    CAF_CHECK(contains(why_not("unix:" + folder + "/file"),
                       "the file is there and is no socket"));
  }

  CAF_TEST(a path is advertised as it is) {
    CAF_CHECK_EQUAL(advertised_address("unix:/run/a"), "unix:/run/a");
    CAF_CHECK_EQUAL(advertised_address("10.0.0.1:80", "unix:/run/a"), "unix:/run/a");
    CAF_CHECK_EQUAL(advertised_address("unix:/run/a", "10.0.0.1:80"), "10.0.0.1:80");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
