#define CAF_SUITE pool_tls

#include "net/io/lane_calls.hpp"
#include "net/tls/tls_fixture.hpp"

#include "io/sockaddr.hpp"
#include "tls/openssl.hpp"

#include <thread>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

/// A server that chooses no protocol, and says nothing.
class silent_tls_server {
public:
  explicit silent_tls_server(const tls_server_options& files) {
    ctx_.reset(SSL_CTX_new(TLS_server_method()));
    CAF_REQUIRE(
        SSL_CTX_use_certificate_chain_file(ctx_.get(), files.certificate_file.c_str())
        == 1);
    CAF_REQUIRE(SSL_CTX_use_PrivateKey_file(ctx_.get(), files.key_file.c_str(),
                                            SSL_FILETYPE_PEM)
                == 1);
    auto where = parse_numeric({"127.0.0.1", 0});
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CAF_REQUIRE(::bind(fd_, where->data(), where->size()) == 0);
    CAF_REQUIRE(::listen(fd_, 8) == 0);
    bound = to_text(own_address(fd_));
    thread_ = std::thread{[this] { run(); }};
  }

  ~silent_tls_server() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  std::string bound;

private:
  void run() {
    auto peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0)
      return;
    tls::ssl_ptr ssl{SSL_new(ctx_.get())};
    SSL_set_fd(ssl.get(), peer);
    SSL_accept(ssl.get());
    char byte;
    SSL_read(ssl.get(), &byte, 1);
    ::close(peer);
  }

  tls::ssl_ctx_ptr ctx_;
  int fd_ = -1;
  std::thread thread_;
};

struct fixture {
  fixture() {
    secure = files.server;
    trusting = files.client;
  }

  ~fixture() {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(server, caf::exit_reason::user_shutdown);
  }

  void serve(const std::string& address = "127.0.0.1:0") {
    listener_options options;
    options.address = address;
    options.handler = handler;
    options.tls = secure;
    server = spawn_listener(system.sys, std::move(options));
    where.address = system.ask<std::string>(server, listen_atom::value);
  }

  void start() {
    pool_options options;
    options.tls = trusting;
    pool = spawn_pool(system.sys, std::move(options));
  }

  std::string call() {
    return text_of(exchange_one(system, pool, where, post_request("/0")));
  }

  listener_stats stats() {
    return system.ask<listener_stats>(server, stats_atom::value);
  }

  live_system system;
  tls_fixture files;
  tls_server_options secure;
  tls_client_options trusting;
  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  listener_actor server;
  pool_ref pool;
  target where{{}, http_version::http2, true};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_tls_tests, fixture)

  CAF_TEST(a hundred exchanges share one encrypted connection) {
    serve();
    start();
    auto outcomes = exchange_all(system, pool, where, 100, "-body");
    for (size_t i = 0; i < 100; ++i)
      CAF_CHECK_EQUAL(outcomes[i] ? outcomes[i]->body : to_string(outcomes[i].error()),
                      "/" + std::to_string(i) + "-body");
    CAF_CHECK_EQUAL(stats().accepted, 1u);
  }

  CAF_TEST(a call without TLS to a server with it fails) {
    serve();
    start();
    where.secure = false;
    check_contains(call(), "connection_failed: no connection to " + where.address
                               + ": the server takes no calls: GOAWAY");
    where.version = http_version::http1;
    CAF_CHECK_EQUAL(call(), "this port speaks TLS\n");
  }

  CAF_TEST(a server that does not choose h2 is not spoken to in it) {
    silent_tls_server silent{files.server};
    where.address = silent.bound;
    start();
    CAF_CHECK_EQUAL(call(),
                    "connection_failed: no connection to " + silent.bound
                        + ": HTTP/2 was wanted and the server chose no protocol in the "
                          "TLS handshake (ALPN): call it over HTTP/1.1, or make it "
                          "offer h2");
  }

  CAF_TEST(a server that says nothing is given up in time) {
    pool_options options;
    options.tls = trusting;
    options.tls.handshake_time = 50ms;
    pool = spawn_pool(system.sys, std::move(options));
    // Connected by the kernel, never accepted.
    auto numeric = parse_numeric({"127.0.0.1", 0});
    auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CAF_REQUIRE(::bind(fd, numeric->data(), numeric->size()) == 0);
    CAF_REQUIRE(::listen(fd, 8) == 0);
    where.address = to_text(own_address(fd));
    CAF_CHECK_EQUAL(call(), "connection_failed: no connection to " + where.address
                                + ": the TLS handshake took too long");
    ::close(fd);
  }

  CAF_TEST(a certificate that is refused is no node that is away) {
    serve();
    trusting.server_name = "other.test";
    start();
    auto told = "unauthenticated: no connection to " + where.address;
    check_contains(call(), told);
    where.version = http_version::http1;
    check_contains(call(), told);
  }

  CAF_TEST(calls go over a Unix socket) {
    serve("unix:" + files.dir.path("socket"));
    trusting.server_name = "localhost";
    start();
    CAF_CHECK_EQUAL(call(), "/0");
    where.version = http_version::http1;
    CAF_CHECK_EQUAL(call(), "/0");
  }

  CAF_TEST(a Unix socket has no name to verify) {
    serve("unix:" + files.dir.path("socket"));
    start();
    auto answer = call();
    check_contains(answer, "connection_failed: no connection to " + where.address);
  }

  CAF_TEST(a Unix socket needs no TLS) {
    secure = {};
    serve("unix:" + files.dir.path("socket"));
    start();
    where.secure = false;
    CAF_CHECK_EQUAL(call(), "/0");
    where.version = http_version::http1;
    CAF_CHECK_EQUAL(call(), "/0");
    where.address = "unix:" + files.dir.path("nothing");
    CAF_CHECK_EQUAL(call(), "connection_failed: no connection to " + where.address
                                + ": No such file or directory");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
