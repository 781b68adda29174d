#define CAF_SUITE cli_cert

#include "support/subprocess.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

using namespace mica::test;

namespace fs = std::filesystem;

namespace {

struct fixture {
  fixture() {
    std::string name = fs::temp_directory_path() / "mica-cert-XXXXXX";
    CAF_REQUIRE(mkdtemp(name.data()) != nullptr);
    dir = name;
    made.insert(made.end(), {"--dir", dir / "certs"});
  }

  ~fixture() {
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }

  // `mica cert KIND --dir D/certs ...`.
  run_result cert(const std::string& kind, std::vector<std::string> arguments = {}) {
    std::vector<std::string> all{program("mica"), "cert", kind};
    all.insert(all.end(), made.begin(), made.end());
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(std::move(all));
  }

  std::string path(const std::string& name) const {
    return dir / "certs" / name;
  }

  std::string text_of(const std::string& name) const {
    std::ifstream in{path(name)};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  // What `openssl x509` says of a certificate.
  std::string shown(const std::string& name) const {
    return run({"openssl", "x509", "-in", path(name), "-noout", "-text"}).out;
  }

  mode_t mode_of(const std::string& name) const {
    struct stat found {};
    CAF_REQUIRE(::stat(path(name).c_str(), &found) == 0);
    return found.st_mode & 0777;
  }

  fs::path dir;
  std::vector<std::string> made;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_cert_tests, fixture)

  CAF_TEST(an authority signs a server and a client) {
    auto authority = cert("ca");
    CAF_CHECK_EQUAL(authority.status, 0);
    CAF_CHECK_EQUAL(authority.err, "");
    CAF_CHECK(contains(authority.out, "--client_tls_ca_file=" + path("ca.pem")));
    auto server = cert("server", {"--name", "localhost", "--ip", "127.0.0.1"});
    CAF_CHECK_EQUAL(server.status, 0);
    CAF_CHECK(contains(server.out, "--tls_cert_file=" + path("server.pem")
                                       + " --tls_key_file=" + path("server.key")));
    auto client = cert("client", {"--name", "greeter.client"});
    CAF_CHECK_EQUAL(client.status, 0);
    CAF_CHECK(contains(client.out, "--client_tls_cert_file=" + path("client.pem")));
    for (auto* name : {"server.pem", "client.pem"}) {
      auto verified = run(
          {"openssl", "verify", "-x509_strict", "-CAfile", path("ca.pem"), path(name)});
      CAF_CHECK_EQUAL(verified.status, 0);
    }
    CAF_CHECK(contains(shown("server.pem"), "DNS:localhost, IP Address:127.0.0.1"));
    CAF_CHECK(contains(shown("server.pem"), "TLS Web Server Authentication"));
    CAF_CHECK(contains(shown("client.pem"), "DNS:greeter.client"));
    CAF_CHECK(contains(shown("client.pem"), "TLS Web Client Authentication"));
    CAF_CHECK(contains(shown("client.pem"), "NIST CURVE: P-256"));
  }

  CAF_TEST(keys are readable by their owner alone) {
    cert("ca");
    cert("server");
    CAF_CHECK_EQUAL(mode_of("ca.key"), 0600u);
    CAF_CHECK_EQUAL(mode_of("server.key"), 0600u);
    CAF_CHECK_EQUAL(mode_of("server.pem"), 0644u);
  }

  CAF_TEST(a server without names is one for this machine) {
    cert("ca");
    cert("server");
    CAF_CHECK(contains(shown("server.pem"), "DNS:localhost, IP Address:127.0.0.1, "
                                            "IP Address:0:0:0:0:0:0:0:1"));
  }

  CAF_TEST(what is there stays without force) {
    cert("ca");
    auto before = text_of("ca.key");
    auto again = cert("ca");
    CAF_CHECK_EQUAL(again.status, 1);
    CAF_CHECK_EQUAL(again.err, "error: " + path("ca.key")
                                   + ": is there already; --force replaces it\n");
    CAF_CHECK_EQUAL(text_of("ca.key"), before);
    CAF_CHECK_EQUAL(cert("ca", {"--force"}).status, 0);
    CAF_CHECK(text_of("ca.key") != before);
    CAF_CHECK_EQUAL(mode_of("ca.key"), 0600u);
    // A key alone keeps its certificate from being made.
    fs::remove(path("ca.pem"));
    CAF_CHECK_EQUAL(cert("ca").status, 1);
    CAF_CHECK(!fs::exists(path("ca.pem")));
    // Nothing is left but what was asked for.
    CAF_CHECK_EQUAL(std::distance(fs::directory_iterator{dir / "certs"}, {}), 1);
  }

  CAF_TEST(files may have another name) {
    cert("ca");
    CAF_CHECK_EQUAL(cert("server", {"--file", "greeter"}).status, 0);
    CAF_CHECK(fs::exists(path("greeter.key")));
    CAF_CHECK_EQUAL(cert("server", {"--file", "ca", "--force"}).status, 2);
    CAF_CHECK_EQUAL(cert("server", {"--file", "../x"}).status, 2);
  }

  CAF_TEST(days are counted from now) {
    cert("ca");
    cert("server", {"--days", "2"});
    auto good = run({"openssl", "x509", "-in", path("server.pem"), "-noout",
                     "-checkend", "172700"});
    CAF_CHECK_EQUAL(good.status, 0);
    auto over = run({"openssl", "x509", "-in", path("server.pem"), "-noout",
                     "-checkend", "172900"});
    CAF_CHECK_EQUAL(over.status, 1);
  }

  CAF_TEST(without an authority the way to one is shown) {
    auto result = cert("server");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, path("ca.pem")
                                       + ": No such file or directory; make "
                                         "an authority first: mica cert ca"));
  }

  CAF_TEST(a broken authority is refused) {
    cert("ca");
    std::ofstream{path("ca.pem")} << "broken";
    auto result = cert("server");
    CAF_CHECK_EQUAL(result.status, 2);
    CAF_CHECK(
        contains(result.err, "the authority's certificate or key is not readable"));
    CAF_CHECK(!fs::exists(path("server.key")));
  }

  CAF_TEST(wrong use ends with 2 and one line) {
    cert("ca");
    for (auto& arguments :
         std::vector<std::vector<std::string>>{{"cert"},
                                               {"cert", "peer"},
                                               {"cert", "client"},
                                               {"cert", "ca", "--days", "0"},
                                               {"cert", "ca", "--days", "soon"},
                                               {"cert", "ca", "--name", "x"}}) {
      auto command = arguments;
      command.insert(command.begin(), program("mica"));
      auto result = run(std::move(command));
      CAF_CHECK_EQUAL(result.status, 2);
      CAF_CHECK_EQUAL(std::count(result.err.begin(), result.err.end(), '\n'), 1);
    }
    auto result = cert("client", {"--name", "two words"});
    CAF_CHECK_EQUAL(result.status, 2);
    CAF_CHECK(contains(result.err, "\"two words\" is no DNS name, IP address or URI"));
  }

  CAF_TEST(a directory that can not be made is named) {
    std::ofstream{dir / "file"} << "x";
    auto result = run({program("mica"), "cert", "ca", "--dir", dir / "file" / "certs"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.err, dir / "file"));
  }

  CAF_TEST(help shows an example of each) {
    auto result = run({program("mica"), "cert", "--help"});
    CAF_CHECK_EQUAL(result.status, 0);
    for (auto* part : {"cert ca", "cert server", "cert client", "ca.key"})
      if (!contains(result.out, part))
        CAF_ERROR("--help does not say " << part);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
