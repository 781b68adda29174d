#define CAF_SUITE tls_mutual

#include "plain_peer.hpp"

using namespace mica;
using namespace mica::test;

using state = session::state;

namespace {

struct fixture : tls_fixture {
  fixture() {
    server.client_ca_file = dir.path("ca.pem");
  }

  // Connects, lets the client read as a pool does, and keeps both texts.
  void meet() {
    make_contexts();
    auto [c, s] = connect();
    c.write("call");
    join(c, s);
    heard = read_all(s);
    read_all(c);
    client_error = c.failure();
    server_error = s.failure();
    client_names = s.peer_names();
  }

  std::string heard;
  error client_error;
  error server_error;
  std::vector<std::string> client_names;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_mutual_tests, fixture)

  CAF_TEST(a client of the authority is let in and known by its names) {
    show(authority.issue({"greeter.client", "spiffe://mica/client"}));
    meet();
    CAF_CHECK(!client_error);
    CAF_CHECK_EQUAL(heard, "call");
    CAF_CHECK_EQUAL(client_names, (std::vector<std::string>{"greeter.client",
                                                            "spiffe://mica/client"}));
  }

  CAF_TEST(a client without certificate is refused and both sides say so) {
    meet();
    CAF_CHECK_EQUAL(heard, "");
    CAF_CHECK(server_error.reason == errc::unauthenticated);
    CAF_CHECK_EQUAL(server_error.detail,
                    "the client shows no certificate, and client_ca_file demands one");
    // Nothing of the call was handled, and no other node would handle it.
    CAF_CHECK(client_error.reason == errc::unauthenticated);
    check_contains(client_error.detail, "it wants a client certificate");
  }

  CAF_TEST(a client of another authority is refused) {
    show(test_authority{"somebody else"}.issue({"greeter.client"}));
    meet();
    CAF_CHECK(server_error.reason == errc::unauthenticated);
    CAF_CHECK_EQUAL(
        server_error.detail,
        "the certificate of the client is signed by \"CN = somebody else\", "
        "an authority that is not trusted here; to trust it, name its file by "
        "client_ca_file");
    check_contains(client_error.detail, "of an authority it does not trust");
  }

  CAF_TEST(an expired client is refused) {
    auto options = test_authority::options("old", {"greeter.client"});
    options.not_before -= 48h;
    options.not_after -= 48h;
    show(authority.sign(options));
    meet();
    check_contains(server_error.detail, "the certificate of the client expired on ");
    check_contains(client_error.detail, "our client certificate has expired");
  }

  CAF_TEST(a certificate of a server does not make a client) {
    auto options = test_authority::options("server", {"greeter.client"});
    options.use = net::certificate_use::server;
    show(authority.sign(options));
    meet();
    check_contains(server_error.detail, "is not made for clients");
  }

  CAF_TEST(of the names that are let in one must be shown) {
    server.client_names = {"other.client", "Greeter.Client"};
    show(authority.issue({"x.test", "greeter.client"}));
    meet();
    CAF_CHECK(!client_error);
    show(authority.issue({"x.test", "y.test"}));
    meet();
    CAF_CHECK_EQUAL(heard, "");
    CAF_CHECK_EQUAL(server_error.detail,
                    "the certificate of the client is for x.test, y.test; client_names "
                    "lets in only other.client, Greeter.Client");
    check_contains(client_error.detail, "its names may not be among those let in");
  }

  CAF_TEST(URIs are compared to the letter) {
    server.client_names = {"spiffe://mica/Client"};
    show(authority.issue({"spiffe://mica/client"}));
    meet();
    CAF_CHECK(server_error);
    show(authority.issue({"spiffe://mica/Client"}));
    meet();
    CAF_CHECK(!server_error);
  }

  CAF_TEST(names without an authority are refused at the start) {
    server.client_ca_file.clear();
    server.client_names = {"greeter.client"};
    auto made = net::tls::server_context::make(server);
    CAF_REQUIRE(!made);
    check_contains(made.error().detail, "client_names stands without client_ca_file");
  }

  CAF_TEST(a resumed session knows the client again) {
    show(authority.issue({"greeter.client"}));
    meet();
    auto [c, s] = connect();
    CAF_CHECK(s.resumed());
    CAF_CHECK_EQUAL(s.peer_names(), std::vector<std::string>{"greeter.client"});
  }

  CAF_TEST(whoever is not let in any more can not resume) {
    show(authority.issue({"greeter.client"}));
    meet();
    CAF_CHECK(!client_error);
    // The same keys of tickets with other names would need a new context; a reload
    // makes new keys, so the handshake is a whole one and the client is looked at.
    dir.write("ca.pem", test_authority{"new"}.pair.certificate);
    CAF_REQUIRE(servers->reload());
    auto [c, s] = connect();
    CAF_CHECK(s.current() == state::failed);
    CAF_CHECK(!s.resumed());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
