// The pool and the listener, both under TLS, over loopback.

#define CAF_SUITE tls_pool

#include "net/io/live.hpp"
#include "net/tls/tls_fixture.hpp"

#include <caf/io/network/multiplexer.hpp>

#include <future>
#include <mutex>

using namespace mica;
using namespace mica::test;
using net::http_version;

namespace {

constexpr http_version both_versions[] = {http_version::http1, http_version::http2};

struct fixture : tls_fixture {
  ~fixture() {
    stop_pool();
    stop_server();
  }

  // Listens with the server's options, on the port of before if there was one.
  void serve() {
    stop_server();
    net::listener_options options;
    options.address = bound.empty() ? "127.0.0.1:0" : bound;
    options.tls = server;
    options.handler = handler;
    listener = net::spawn_listener(system.sys, std::move(options));
    bound = system.ask<std::string>(listener, net::listen_atom::value);
  }

  void stop_server() {
    if (listener)
      system.ask<bool>(listener, net::drain_atom::value, caf::timespan{1s});
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    listener = nullptr;
  }

  // Forgets every connection; the next call makes a pool with the client's options.
  void stop_pool() {
    if (pool.actor)
      caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    pool = {};
  }

  expected<http_response> call(http_version version, std::string target,
                               std::string body = "") {
    if (!pool.actor) {
      net::pool_options options;
      options.tls = client;
      options.report = [this](const error& what) {
        std::lock_guard guard{mtx};
        reports.push_back(what.detail);
      };
      pool = net::spawn_pool(system.sys, std::move(options));
    }
    auto promise = std::make_shared<std::promise<expected<http_response>>>();
    auto answer = promise->get_future();
    http_request request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::move(body);
    request.fields.add("Host", bound);
    // The pool is the lane's.
    system.sys.middleman().backend().post([promise, direct = pool.direct, version,
                                           to = bound,
                                           request = std::move(request)]() mutable {
      direct->exchange(
          {to, version, true}, std::move(request),
          net::time_point::clock::now() + patience,
          [promise](expected<http_response> x) { promise->set_value(std::move(x)); });
    });
    if (answer.wait_for(2 * patience) != std::future_status::ready)
      return error{errc::internal, "no outcome"};
    return answer.get();
  }

  // The body of the answer, or why there is none.
  std::string body_of(expected<http_response> answer) {
    return answer ? answer->body : answer.error().detail;
  }

  // Why a call failed before it left.
  std::string refusal(http_version version, errc reason = errc::unauthenticated) {
    stop_pool();
    auto answer = call(version, "/names");
    if (answer) {
      CAF_ERROR("answered, though it should fail: " << answer->body);
      return {};
    }
    CAF_CHECK(answer.error().reason == reason);
    check_contains(answer.error().detail, bound);
    return answer.error().detail;
  }

  // Outlive the system.
  std::mutex mtx;
  std::vector<std::string> reports;
  live_system system;
  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  net::listener_actor listener;
  std::string bound;
  net::pool_ref pool;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_pool_tests, fixture)

  CAF_TEST(calls of both versions go over TLS) {
    serve();
    for (auto version : both_versions) {
      CAF_CHECK_EQUAL(body_of(call(version, "/names")), "secure");
      CAF_CHECK_EQUAL(body_of(call(version, "/", "body")), "/body");
    }
  }

  CAF_TEST(large bodies go over TLS both ways) {
    serve();
    std::string large(1'000'000, 'b');
    for (auto version : both_versions) {
      CAF_CHECK(body_of(call(version, "/", large)) == "/" + large);
      CAF_CHECK_EQUAL(body_of(call(version, "/names")), "secure");
    }
  }

  CAF_TEST(what is wrong with a certificate is said and nothing leaves) {
    auto options = test_authority::options("old", {"127.0.0.1"});
    options.not_before -= 48h;
    options.not_after -= 48h;
    for (auto version : both_versions) {
      use(authority.issue({"other.test"}));
      serve();
      check_contains(refusal(version), "is for other.test, not for 127.0.0.1");
      use(authority.sign(options));
      serve();
      check_contains(refusal(version), "expired on ");
      use(test_authority{"somebody else"}.issue({"127.0.0.1"}));
      serve();
      check_contains(refusal(version), "an authority that is not trusted here");
    }
  }

  CAF_TEST(server_name and verify are heard) {
    use(authority.issue({"other.test"}));
    serve();
    client.server_name = "other.test";
    CAF_CHECK_EQUAL(body_of(call(http_version::http2, "/names")), "secure");
    stop_pool();
    client.server_name = "";
    client.verify = false;
    CAF_CHECK_EQUAL(body_of(call(http_version::http2, "/names")), "secure");
  }

  CAF_TEST(a server that demands a certificate gets ours) {
    server.client_ca_file = client.ca_file;
    serve();
    for (auto version : both_versions)
      check_contains(refusal(version), "it wants a client certificate");
    show(authority.issue({"greeter.client", "spiffe://mica/client"}));
    stop_pool();
    for (auto version : both_versions)
      CAF_CHECK_EQUAL(body_of(call(version, "/names")),
                      "greeter.client spiffe://mica/client secure");
  }

  CAF_TEST(a plaintext port is said to be one) {
    server = {};
    serve();
    for (auto version : both_versions)
      check_contains(refusal(version, errc::connection_failed),
                     "or no TLS at all on this port");
  }

  CAF_TEST(files that can not be used fail each call with their name) {
    serve();
    client.ca_file = dir.path("none.pem");
    auto answer = call(http_version::http2, "/names");
    CAF_REQUIRE(!answer);
    check_contains(answer.error().detail,
                   "authorities " + dir.path("none.pem") + ": No such file");
  }

  CAF_TEST(a client takes new files and keeps the former ones from broken ones) {
    serve();
    CAF_CHECK_EQUAL(body_of(call(http_version::http1, "/names")), "secure");
    // Another authority signs the server from now on.
    test_authority next{"next authority"};
    use(next.issue({"127.0.0.1"}));
    serve();
    dir.write("ca.pem", "broken");
    auto told = [&] {
      std::lock_guard guard{mtx};
      return reports;
    };
    // Looked at with the first dial behind an interval; each call dials.
    auto end = std::chrono::steady_clock::now() + 2 * patience;
    while (told().empty() && std::chrono::steady_clock::now() < end)
      CAF_CHECK(!call(http_version::http1, "/names"));
    CAF_REQUIRE_EQUAL(told().size(), 1u);
    check_contains(told().front(),
                   "ca.pem: holds no certificate in PEM; the former ones stay in use");
    dir.write("ca.pem", next.pair.certificate);
    auto answer = call(http_version::http1, "/names");
    while (!answer && std::chrono::steady_clock::now() < end)
      answer = call(http_version::http1, "/names");
    CAF_CHECK_EQUAL(body_of(answer), "secure");
    CAF_CHECK_EQUAL(told().size(), 1u);
  }

  CAF_TEST(a server that comes back is reached again) {
    // Its ticket keys are new ones: the session of before is refused, not the call.
    serve();
    CAF_CHECK_EQUAL(body_of(call(http_version::http2, "/names")), "secure");
    serve();
    CAF_CHECK_EQUAL(body_of(call(http_version::http2, "/names")), "secure");
    CAF_CHECK_EQUAL(body_of(call(http_version::http1, "/names")), "secure");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
