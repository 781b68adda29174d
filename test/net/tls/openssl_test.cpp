// Against the program `openssl`, over loopback.

#define CAF_SUITE tls_openssl

#include "loopback_socket.hpp"
#include "support/subprocess.hpp"
#include "tls_fixture.hpp"

using namespace mica;
using namespace mica::test;

using state = session::state;

namespace {

constexpr auto limit = loopback_socket::limit;

struct fixture : tls_fixture {
  fixture() {
    make_contexts();
  }

  // Serves one connection of `openssl s_client` with these arguments more.
  std::string serve_s_client(std::vector<std::string> arguments) {
    loopback_socket listening;
    std::vector<std::string> command{"openssl",
                                     "s_client",
                                     "-connect",
                                     "127.0.0.1:" + listening.listen(),
                                     "-CAfile",
                                     client.ca_file,
                                     "-servername",
                                     "localhost",
                                     "-verify_hostname",
                                     "localhost",
                                     "-verify_return_error",
                                     "-ign_eof"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    subprocess foreign{std::move(command)};
    loopback_socket connection{listening.accept()};
    auto s = servers->accept();
    while (s.current() == state::handshaking && connection.step(s))
      ; // repeat
    if (s.current() == state::open) {
      names = s.peer_names();
      s.write("greetings from mica\n");
      s.close();
      while (connection.step(s))
        ; // repeat
    }
    failure = s.failure();
    exit_status = foreign.wait(limit);
    return foreign.out() + foreign.err();
  }

  // Asks `openssl s_server -www` with these arguments more.
  std::string ask_s_server(std::vector<std::string> arguments) {
    std::vector<std::string> command{"openssl",
                                     "s_server",
                                     "-accept",
                                     "127.0.0.1:0",
                                     "-www",
                                     "-cert",
                                     server.certificate_file,
                                     "-key",
                                     server.key_file};
    command.insert(command.end(), arguments.begin(), arguments.end());
    subprocess foreign{std::move(command)};
    CAF_REQUIRE(foreign.wait_for("ACCEPT 127.0.0.1:", limit));
    CAF_REQUIRE(foreign.wait_for("\n", limit));
    auto at = foreign.out().find("ACCEPT 127.0.0.1:") + 17;
    auto port = foreign.out().substr(at, foreign.out().find('\n', at) - at);
    loopback_socket connection;
    connection.connect(port);
    auto c = clients->connect("localhost", both_protocols, "localhost:" + port);
    bool asked = false;
    std::string got;
    do {
      if (!asked && c.current() == state::open)
        asked = c.write("GET / HTTP/1.0\r\n\r\n") > 0;
      got += read_all(c);
    } while (c.current() <= state::open && connection.step(c));
    got += read_all(c);
    failure = c.failure();
    return got;
  }

  std::vector<std::string> names;
  error failure;
  int exit_status = -1;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_openssl_tests, fixture)

  CAF_TEST(s_client verifies our server and reads what it says) {
    for (auto* version : {"-tls1_3", "-tls1_2"}) {
      auto said = serve_s_client({version, "-alpn", "h2,http/1.1"});
      check_contains(said, "greetings from mica");
      check_contains(said, "Verify return code: 0 (ok)");
      check_contains(said, "ALPN protocol: h2");
      CAF_CHECK_EQUAL(exit_status, 0);
      CAF_CHECK(!failure);
    }
  }

  CAF_TEST(s_client with a foreign protocol is refused) {
    auto said = serve_s_client({"-alpn", "spdy/1"});
    check_contains(said, "no application protocol");
    check_contains(failure.detail, "the client offers by ALPN spdy/1");
  }

  CAF_TEST(s_client shows its certificate when it must) {
    server.client_ca_file = client.ca_file;
    show(authority.issue({"foreign.client"}));
    make_contexts();
    auto said =
        serve_s_client({"-cert", client.certificate_file, "-key", client.key_file});
    check_contains(said, "greetings from mica");
    CAF_CHECK_EQUAL(names, std::vector<std::string>{"foreign.client"});
    said = serve_s_client({});
    check_contains(said, "certificate required");
    check_contains(failure.detail, "the client shows no certificate");
  }

  CAF_TEST(our client verifies s_server and reads its page) {
    for (auto* version : {"-tls1_3", "-tls1_2"}) {
      auto page = ask_s_server({version, "-alpn", "http/1.1"});
      check_contains(page, "HTTP/1.0 200 ok");
      check_contains(page, "ECDHE");
    }
  }

  CAF_TEST(s_server of another name is refused) {
    use(authority.issue({"other.test"}));
    CAF_CHECK_EQUAL(ask_s_server({}), "");
    check_contains(failure.detail, "is for other.test, not for localhost");
  }

  CAF_TEST(s_server that demands a certificate gets ours) {
    CAF_CHECK_EQUAL(ask_s_server({"-Verify", "1", "-CAfile", client.ca_file}), "");
    CAF_CHECK(failure.reason == errc::unauthenticated);
    check_contains(failure.detail, "it wants a client certificate");
    show(authority.issue({"greeter.client"}));
    make_contexts();
    check_contains(ask_s_server({"-Verify", "1", "-CAfile", client.ca_file}),
                   "HTTP/1.0 200 ok");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
