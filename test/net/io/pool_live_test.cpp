#define CAF_SUITE pool_sockets

#include "net/io/lane_calls.hpp"

#include <filesystem>
#include <thread>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

/// A port on which nobody accepts: it is bound, and listens with a full queue if
/// asked to.
class dead_port {
public:
  explicit dead_port(bool black_hole) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CAF_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0);
    socklen_t size = sizeof(where);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size);
    address = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
    if (!black_hole)
      return;
    CAF_REQUIRE(::listen(fd_, 0) == 0);
    // Beyond backlog + 1, the kernel drops every SYN.
    for (int i = 0; i < 4; ++i) {
      auto filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(filler, reinterpret_cast<sockaddr*>(&where), sizeof(where));
      fillers_.push_back(filler);
    }
  }

  ~dead_port() {
    ::close(fd_);
    for (auto x : fillers_)
      ::close(x);
  }

  std::string address;

private:
  int fd_ = -1;
  std::vector<int> fillers_;
};

struct fixture {
  ~fixture() {
    if (pool.actor)
      caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
  }

  void start(const pool_limits& limits = {}) {
    pool = spawn_pool(system.sys, {limits, {}, {}, nullptr, {}});
  }

  expected<http_response> call(const std::string& address, const std::string& target,
                               std::chrono::nanoseconds within = 10s,
                               std::string body = {}) {
    return exchange_one(system, pool, {address}, post_request(target, std::move(body)),
                        within);
  }

  std::string body(const std::string& address, const std::string& target) {
    auto result = call(address, target);
    return result ? result->body : to_string(result.error());
  }

  error failure(const std::string& address, const std::string& target = "/",
                std::chrono::nanoseconds within = 10s) {
    auto result = call(address, target, within);
    return result ? error{} : result.error();
  }

  live_system system;
  pool_ref pool;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_tests, fixture)

  CAF_TEST(calls in a row share a connection) {
    live_listener server{system};
    start();
    for (int i = 0; i < 100; ++i)
      CAF_CHECK_EQUAL(body(server.bound, "/" + std::to_string(i)),
                      "/" + std::to_string(i));
    CAF_CHECK_EQUAL(server.stats().accepted, 1u);
  }

  CAF_TEST(two hundred calls run at once) {
    live_listener server{system};
    start();
    lane_calls calls{system,
                     pool,
                     {server.bound},
                     std::vector<http_request>(200, post_request("/later"))};
    for (int i = 0; i < 200; ++i) {
      auto from = server.handler->take();
      CAF_REQUIRE(from);
      send_reply(*from, text_response("done"));
    }
    size_t good = 0;
    for (const auto& x : calls.wait())
      good += x && x->body == "done";
    CAF_CHECK_EQUAL(good, 200u);
    CAF_CHECK_EQUAL(server.stats().accepted, 200u);
    // No more of them are kept than allowed.
    CAF_CHECK(server.await_stats([](const listener_stats& x) {
      return x.open == pool_limits{}.idle_per_address;
    }));
  }

  CAF_TEST(large bodies travel both ways) {
    live_listener server{system};
    start();
    std::string large(3 * 1024 * 1024, 'b');
    for (int i = 0; i < 3; ++i) {
      auto result = call(server.bound, "/", 10s, large);
      CAF_REQUIRE(result);
      CAF_CHECK_EQUAL(result->body, "/" + large);
    }
    CAF_CHECK_EQUAL(server.stats().accepted, 1u);
    http_limits less;
    less.body_bytes = 1024;
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    pool = spawn_pool(system.sys, {{}, less, {}, nullptr, {}});
    auto refused = call(server.bound, "/", 10s, large);
    CAF_REQUIRE(!refused);
    CAF_CHECK_EQUAL(refused.error().reason, errc::limit_exceeded);
  }

  CAF_TEST(nobody there is a failed connection) {
    start();
    dead_port nobody{false};
    auto why = failure(nobody.address);
    CAF_CHECK_EQUAL(why.reason, errc::connection_failed);
    CAF_CHECK_EQUAL(why.detail,
                    "no connection to " + nobody.address + ": Connection refused");
  }

  CAF_TEST(a black hole is given up after the time to dial) {
    pool_limits limits;
    limits.dial_time = 100ms;
    start(limits);
    dead_port hole{true};
    auto why = failure(hole.address);
    CAF_CHECK_EQUAL(why.reason, errc::connection_failed);
    CAF_CHECK_EQUAL(why.detail,
                    "no connection to " + hole.address + ": no answer in time");
  }

  CAF_TEST(other calls go on while one is dialling) {
    live_listener server{system};
    start();
    dead_port hole{true};
    std::thread waiting{[&] {
      CAF_CHECK_EQUAL(failure(hole.address, "/", 300ms).reason, errc::timeout);
    }};
    for (int i = 0; i < 20; ++i)
      CAF_CHECK_EQUAL(body(server.bound, "/a"), "/a");
    waiting.join();
  }

  CAF_TEST(at its deadline a call ends and its connection too) {
    live_listener server{system};
    start();
    CAF_CHECK_EQUAL(failure(server.bound, "/later", 50ms).reason, errc::timeout);
    CAF_CHECK(server.handler->await_abandoned(1));
    CAF_CHECK_EQUAL(body(server.bound, "/a"), "/a");
  }

  CAF_TEST(connections that the server ends are not used again) {
    start();
    std::string bound;
    for (int i = 0; i < 5; ++i) {
      live_listener server{system, {}, bound.empty() ? "127.0.0.1:0" : bound};
      bound = server.bound;
      CAF_CHECK_EQUAL(body(bound, "/a"), "/a");
      CAF_CHECK(server.drain(5s));
    }
  }

  CAF_TEST(a server that closes idle connections loses no call) {
    http_limits limits;
    limits.idle_time = 40ms;
    limits.linger_time = 40ms;
    live_listener server{system, limits};
    start();
    for (int i = 0; i < 5; ++i) {
      CAF_CHECK_EQUAL(body(server.bound, "/a"), "/a");
      CAF_CHECK(
          server.await_stats([](const listener_stats& x) { return x.open == 0; }));
    }
    CAF_CHECK_EQUAL(server.stats().accepted, 5u);
  }

  CAF_TEST(localhost is resolved and every address tried) {
    live_listener server{system};
    start();
    auto port = parse_host_port(server.bound)->port;
    // Where localhost is ::1 as well, nobody listens there.
    for (int i = 0; i < 3; ++i)
      CAF_CHECK_EQUAL(body("localhost:" + std::to_string(port), "/a"), "/a");
    CAF_CHECK_EQUAL(server.stats().accepted, 1u);
  }

  CAF_TEST(names without an address say so) {
    start();
    auto why = failure("no-such-host.invalid:80");
    CAF_CHECK_EQUAL(why.reason, errc::connection_failed);
    CAF_CHECK(contains(why.detail, "cannot resolve the host name "
                                   "\"no-such-host.invalid\": "));
  }

  CAF_TEST(a call that cannot be sent costs no descriptor) {
    live_listener server{system};
    start();
    auto open_files = [] {
      std::filesystem::directory_iterator all{"/proc/self/fd"};
      return std::distance(begin(all), end(all));
    };
    // Both ends of connections, and what else opens with the first.
    CAF_CHECK_EQUAL(failure(server.bound, "/with blank").reason,
                    errc::invalid_argument);
    CAF_REQUIRE(
        server.await_stats([](const listener_stats& x) { return x.open == 0; }));
    auto before = open_files();
    for (int i = 0; i < 20; ++i)
      CAF_CHECK_EQUAL(failure(server.bound, "/with blank").reason,
                      errc::invalid_argument);
    CAF_REQUIRE(
        server.await_stats([](const listener_stats& x) { return x.open == 0; }));
    CAF_CHECK(open_files() < before + 10);
  }

  CAF_TEST(IPv6 is dialled) {
    live_listener server{system, {}, "[::1]:0"};
    start();
    CAF_CHECK(contains(body(server.bound, "/peer"), server.bound));
  }

  CAF_TEST(a drained pool ends when its last call has) {
    live_listener server{system};
    start();
    CAF_CHECK_EQUAL(body(server.bound, "/a"), "/a");
    std::thread caller{
        [&] { CAF_CHECK_EQUAL(body(server.bound, "/later"), "at last"); }};
    auto from = server.handler->take();
    CAF_REQUIRE(from);
    caf::anon_send(pool.actor, drain_atom::value);
    send_reply(*from, text_response("at last"));
    caller.join();
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 0; }));
  }

  CAF_TEST(a process can end while calls and lookups are under way) {
    auto before = std::chrono::steady_clock::now();
    dead_port hole{true};
    {
      live_system other;
      auto busy = spawn_pool(other.sys, {});
      for (auto address : {hole.address, std::string{"slow-lookup.invalid:80"}})
        lane_calls{other, busy, {address}, {post_request("/")}, 60s};
      caf::anon_send_exit(busy.actor, caf::exit_reason::user_shutdown);
    }
    CAF_CHECK(std::chrono::steady_clock::now() - before < 5s);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
