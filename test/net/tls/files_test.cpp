#define CAF_SUITE tls_files

#include "tls/openssl.hpp"
#include "tls_fixture.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

using namespace mica;
using namespace mica::test;

using state = session::state;

namespace {

struct fixture : tls_fixture {
  std::string server_refusal() {
    auto made = net::tls::server_context::make(server);
    CAF_REQUIRE(!made);
    CAF_CHECK(made.error().reason == errc::invalid_argument);
    return made.error().detail;
  }

  std::string client_refusal() {
    auto made = net::tls::client_context::make(client);
    CAF_REQUIRE(!made);
    CAF_CHECK(made.error().reason == errc::invalid_argument);
    return made.error().detail;
  }

  // The names that the server shows now.
  std::vector<std::string> shown() {
    auto [c, s] = connect();
    CAF_REQUIRE(c.current() == state::open);
    return c.peer_names();
  }

  using names = std::vector<std::string>;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_files_tests, fixture)

  CAF_TEST(a file that is not there is named) {
    server.certificate_file = dir.path("none.pem");
    CAF_CHECK_EQUAL(server_refusal(), "certificate " + dir.path("none.pem")
                                          + ": No such file or directory");
    client.ca_file = dir.path("none.pem");
    check_contains(client_refusal(),
                   "authorities " + dir.path("none.pem") + ": No such file");
  }

  CAF_TEST(a directory is no certificate) {
    server.certificate_file = dir.path("");
    check_contains(server_refusal(), "is no file");
  }

  CAF_TEST(text is no certificate) {
    dir.write("server.pem", "certificate\n");
    check_contains(server_refusal(), "server.pem: holds no certificate in PEM");
    use(authority.issue({"localhost"}));
    dir.write("server.key", "key\n");
    check_contains(server_refusal(), "server.key: holds no private key in PEM");
    client.ca_file = dir.write("ca.pem", "authorities\n");
    check_contains(client_refusal(), "ca.pem: holds no certificate in PEM");
  }

  CAF_TEST(a cut file is no certificate) {
    auto whole = authority.issue({"localhost"});
    dir.write("server.pem", whole.certificate.substr(0, whole.certificate.size() / 2));
    check_contains(server_refusal(), "certificate " + dir.path("server.pem") + ": ");
  }

  CAF_TEST(a key of another certificate is refused) {
    dir.write("server.key", authority.issue({"localhost"}).key);
    check_contains(server_refusal(), "server.key: does not belong to the certificate "
                                         + dir.path("server.pem"));
  }

  CAF_TEST(an encrypted key is refused and nobody is asked) {
    net::tls::key_ptr key{EVP_EC_gen("P-256")};
    net::tls::bio_ptr out{BIO_new(BIO_s_mem())};
    char pass[] = "secret";
    PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), pass, 6,
                                  nullptr, nullptr);
    char* data = nullptr;
    auto size = BIO_get_mem_data(out.get(), &data);
    dir.write("server.key", {data, static_cast<size_t>(size)});
    check_contains(server_refusal(),
                   "server.key: is encrypted; store it without a pass phrase");
  }

  CAF_TEST(one of certificate and key alone is refused) {
    server.key_file.clear();
    check_contains(server_refusal(), "stands without a key file");
    client.key_file = dir.path("server.key");
    check_contains(client_refusal(), "stands without a certificate file");
  }

  CAF_TEST(new files are used by new connections and old ones go on) {
    make_contexts();
    auto [c, s] = connect();
    CAF_CHECK_EQUAL(shown(), (names{"localhost", "127.0.0.1"}));
    auto unchanged = servers->reload();
    CAF_CHECK(unchanged && !*unchanged);
    use(authority.issue({"localhost", "new.test"}));
    auto changed = servers->reload();
    CAF_CHECK(changed && *changed);
    CAF_CHECK_EQUAL(shown(), (names{"localhost", "new.test"}));
    c.write("still here");
    carry(c, s);
    CAF_CHECK_EQUAL(read_all(s), "still here");
  }

  CAF_TEST(broken files are reported once and the former ones stay) {
    make_contexts();
    dir.write("server.pem", "broken");
    auto refused = servers->reload();
    CAF_REQUIRE(!refused);
    check_contains(refused.error().detail, "server.pem: holds no certificate");
    auto again = servers->reload();
    CAF_CHECK(again && !*again);
    CAF_CHECK_EQUAL(shown(), (names{"localhost", "127.0.0.1"}));
    use(authority.issue({"localhost", "mended.test"}));
    auto mended = servers->reload();
    CAF_CHECK(mended && *mended);
    CAF_CHECK_EQUAL(shown(), (names{"localhost", "mended.test"}));
  }

  CAF_TEST(a pair is replaced file by file) {
    make_contexts();
    auto next = authority.issue({"localhost", "next.test"});
    dir.write("server.pem", next.certificate);
    auto half = servers->reload();
    CAF_REQUIRE(!half);
    check_contains(half.error().detail, "does not belong to the certificate");
    dir.write("server.key", next.key);
    auto whole = servers->reload();
    CAF_CHECK(whole && *whole);
    CAF_CHECK_EQUAL(shown(), (names{"localhost", "next.test"}));
  }

  CAF_TEST(a file that went away is reported and the former ones stay) {
    make_contexts();
    std::filesystem::remove(dir.path("server.pem"));
    CAF_CHECK(!servers->reload());
    CAF_CHECK_EQUAL(shown(), (names{"localhost", "127.0.0.1"}));
  }

  CAF_TEST(certificates are made only of what can stand in them) {
    auto refused = [&](net::certificate_options options, const char* why) {
      auto made = net::make_certificate(options, authority.pair);
      if (made)
        CAF_ERROR("made, though: " << why);
      else
        check_contains(made.error().detail, why);
    };
    refused(test_authority::options("x", {"a b"}), "\"a b\" is no DNS name");
    refused(test_authority::options("x", {""}), "is no DNS name");
    refused(test_authority::options("x", {"*"}), "is no DNS name");
    refused(test_authority::options("", {"a"}), "has to have 1 to 64 bytes");
    refused(test_authority::options(std::string(65, 'x'), {"a"}), "1 to 64 bytes");
    auto backwards = test_authority::options("x", {"a"});
    std::swap(backwards.not_before, backwards.not_after);
    refused(backwards, "would end before it begins");
    auto leaf = authority.issue({"localhost"});
    auto made = net::make_certificate(test_authority::options("x", {"a"}), leaf);
    CAF_REQUIRE(!made);
    check_contains(made.error().detail, "is no authority");
    made = net::make_certificate(test_authority::options("x", {"a"}),
                                 {authority.pair.certificate, leaf.key});
    CAF_REQUIRE(!made);
    check_contains(made.error().detail, "does not belong");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
