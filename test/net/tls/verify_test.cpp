#define CAF_SUITE tls_verify

#include "tls_fixture.hpp"

using namespace mica;
using namespace mica::test;

using state = session::state;

namespace {

struct fixture : tls_fixture {
  // The client's failure to reach `host`; empty if it did.
  std::string failure(std::string_view host = "localhost") {
    make_contexts();
    auto [c, s] = connect(host);
    last_reason = c.failure().reason;
    last_server_text = s.failure().detail;
    if (c.current() == state::open) {
      CAF_CHECK(s.current() == state::open);
      return {};
    }
    CAF_CHECK(c.current() == state::failed);
    // Without a name there is no certificate that could be refused.
    CAF_CHECK(last_reason
              == (host.empty() ? errc::connection_failed : errc::unauthenticated));
    return c.failure().detail;
  }

  bool reaches(std::string_view host) {
    return failure(host).empty();
  }

  net::certificate_options valid() {
    return test_authority::options("test", {"localhost"});
  }

  errc last_reason = errc::none;
  std::string last_server_text;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_verify_tests, fixture)

  CAF_TEST(a name and an address of the certificate will do) {
    use(authority.issue({"localhost", "*.mica.test", "127.0.0.1", "::1"}));
    for (auto* host : {"localhost", "LocalHost", "localhost.", "a.mica.test",
                       "127.0.0.1", "::1", "[::1]", "0:0:0:0:0:0:0:1"})
      if (!reaches(host))
        CAF_ERROR(host << ": " << failure(host));
  }

  CAF_TEST(any other name or address will not) {
    use(authority.issue({"localhost", "*.mica.test", "127.0.0.1"}));
    for (auto* host : {"local", "localhost.localdomain", "mica.test", "a.b.mica.test",
                       "127.0.0.2", "::1", "::ffff:127.0.0.1"})
      if (reaches(host))
        CAF_ERROR(host << " is taken for another");
  }

  CAF_TEST(part of a label is no wildcard) {
    CAF_CHECK(!net::make_certificate(test_authority::options("x", {"w*.mica.test"}),
                                     authority.pair));
  }

  CAF_TEST(a wrong name is refused with the names there are) {
    use(authority.issue({"a.test", "b.test", "10.0.0.1"}));
    CAF_CHECK_EQUAL(failure(),
                    "the certificate of localhost is for a.test, b.test, 10.0.0.1, not "
                    "for localhost; dial a name it is for, or set server_name");
    check_contains(last_server_text, "bad certificate");
    check_contains(failure("127.0.0.1"), "not for 127.0.0.1");
  }

  CAF_TEST(the common name is no name) {
    auto options = valid();
    options.subject = "localhost";
    options.names = {};
    use(authority.sign(options));
    check_contains(failure(), "has no subject alternative name, not for localhost");
  }

  CAF_TEST(server_name stands for the dialled host) {
    use(authority.issue({"greeter.test"}));
    client.server_name = "greeter.test";
    CAF_CHECK(reaches("127.0.0.1"));
    client.server_name = "other.test";
    check_contains(failure("127.0.0.1"), "not for other.test");
  }

  CAF_TEST(without any name nothing is dialled) {
    check_contains(failure(""),
                   "no host name by which its certificate could be verified");
    client.verify = false;
    CAF_CHECK(reaches(""));
  }

  CAF_TEST(an expired certificate is refused with its date) {
    auto options = valid();
    // 2020-02-03 04:05:06 UTC.
    options.not_before = std::chrono::system_clock::from_time_t(1'580'000'000);
    options.not_after = std::chrono::system_clock::from_time_t(1'580'702'706);
    use(authority.sign(options));
    CAF_CHECK_EQUAL(failure(), "the certificate of localhost expired on 2020-02-03 "
                               "04:05:06 UTC; renew it");
    CAF_CHECK_EQUAL(last_server_text,
                    "the client ended the TLS connection with the alert certificate "
                    "expired: our certificate has expired; renew it");
  }

  CAF_TEST(a certificate of tomorrow is refused with its date) {
    auto options = valid();
    options.not_before += 24h;
    options.not_after += 24h;
    use(authority.sign(options));
    check_contains(failure(), "the certificate of localhost is not valid before ");
    check_contains(failure(), "look at the clocks");
  }

  CAF_TEST(an authority that is not trusted is named) {
    test_authority other{"somebody else"};
    use(other.issue({"localhost"}));
    CAF_CHECK_EQUAL(
        failure(),
        "the certificate of localhost is signed by \"CN = somebody else\", an "
        "authority that is not trusted here; to trust it, name its file by "
        "ca_file");
    check_contains(last_server_text, "it does not trust the authority");
  }

  CAF_TEST(a self-signed certificate is said to be one) {
    use(test_authority{"alone"}.pair);
    check_contains(failure(),
                   "the certificate of localhost is self-signed, \"CN = alone\"");
  }

  CAF_TEST(a certificate of a client does not make a server) {
    auto options = valid();
    options.use = net::certificate_use::client;
    use(authority.sign(options));
    check_contains(failure(), "is not made for servers");
  }

  CAF_TEST(without verification every certificate will do) {
    use(test_authority{"alone"}.pair);
    client.verify = false;
    make_contexts();
    auto [c, s] = connect();
    CAF_CHECK(c.current() == state::open);
    CAF_CHECK(c.peer_names().empty());
  }

  CAF_TEST(the system trusts no authority of ours) {
    client.ca_file.clear();
    check_contains(failure(), "not trusted here");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
