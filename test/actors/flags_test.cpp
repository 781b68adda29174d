#define CAF_SUITE flags

#include "runtime/settings.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <vector>

using namespace mica::detail;
using namespace std::chrono_literals;

using action = flags_outcome::action;

namespace {

flags_outcome parse(settings& to, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "greeter");
  return parse_flags(to, static_cast<int>(arguments.size()), arguments.data());
}

// A refusal's text; anything else is a failure.
std::string refusal(std::vector<const char*> arguments) {
  settings to;
  to.name = "greeter";
  auto outcome = parse(to, std::move(arguments));
  CAF_REQUIRE(outcome.what == action::refuse);
  return outcome.text;
}

struct fixture {
  fixture() {
    to.name = "greeter";
  }

  ~fixture() {
    unsetenv("MICRO_REGISTRY");
    unsetenv("MICRO_SERVER_METADATA");
    unsetenv("MICRO_ENABLE_TLS");
    unsetenv("MICRO_TLS_CERT_FILE");
    unsetenv("MICA_CLIENT_TLS");
  }

  settings to;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(flags_tests, fixture)

  CAF_TEST(without flags the defaults are those of Go Micro) {
    CAF_REQUIRE(parse(to, {}).what == action::go_on);
    CAF_CHECK_EQUAL(to.registry, "");
    CAF_CHECK_EQUAL(to.address, ":0");
    CAF_CHECK(to.register_ttl == 60s);
    CAF_CHECK_EQUAL(to.lanes, 1u);
    CAF_CHECK(to.register_interval == 30s);
    CAF_CHECK(to.request_timeout == 5s);
    CAF_CHECK_EQUAL(to.retries, 1);
    CAF_CHECK_EQUAL(to.pool.idle_per_address, 100u);
    CAF_CHECK(to.pool.ttl == 60s);
  }

  CAF_TEST(a flag takes its value behind a space or an equals sign) {
    CAF_REQUIRE(parse(to, {"--registry", "mdns", "--server_address=:8080"}).what
                == action::go_on);
    CAF_CHECK_EQUAL(to.registry, "mdns");
    CAF_CHECK_EQUAL(to.address, ":8080");
  }

  CAF_TEST(a flag beats its variable and that beats the code) {
    to.registry = "memory";
    setenv("MICRO_REGISTRY", "consul", 1);
    CAF_REQUIRE(parse(to, {}).what == action::go_on);
    CAF_CHECK_EQUAL(to.registry, "consul");
    CAF_REQUIRE(parse(to, {"--registry=mdns"}).what == action::go_on);
    CAF_CHECK_EQUAL(to.registry, "mdns");
  }

  CAF_TEST(lists are split at commas) {
    CAF_REQUIRE(parse(to, {"--registry_address=a:1,b:2", "--server_metadata=zone=a,x=y",
                           "--mdns_interface", "lo"})
                    .what
                == action::go_on);
    CAF_CHECK_EQUAL(to.registry_addresses, (std::vector<std::string>{"a:1", "b:2"}));
    CAF_CHECK_EQUAL(to.metadata["zone"], "a");
    CAF_CHECK_EQUAL(to.metadata["x"], "y");
    CAF_CHECK_EQUAL(to.mdns_interfaces, std::vector<std::string>{"lo"});
  }

  CAF_TEST(durations are read as Go writes them) {
    CAF_REQUIRE(
        parse(to, {"--client_request_timeout=1m30s", "--client_pool_ttl=300ms"}).what
        == action::go_on);
    CAF_CHECK(to.request_timeout == 90s);
    CAF_CHECK(to.pool.ttl == 300ms);
  }

  CAF_TEST(a certificate and its key make a server speak TLS) {
    CAF_REQUIRE(parse(to, {}).what == action::go_on);
    CAF_CHECK(!to.server_tls);
    CAF_REQUIRE(parse(to, {"--tls_cert_file=c.pem", "--tls_key_file", "k.pem",
                           "--tls_client_ca_file=ca.pem", "--tls_client_names=a,b"})
                    .what
                == action::go_on);
    CAF_CHECK(to.server_tls);
    CAF_CHECK_EQUAL(to.server_tls.key_file, "k.pem");
    CAF_CHECK_EQUAL(to.server_tls.client_ca_file, "ca.pem");
    CAF_CHECK_EQUAL(to.server_tls.client_names, (std::vector<std::string>{"a", "b"}));
  }

  CAF_TEST(enable_tls decides when it is given) {
    setenv("MICRO_TLS_CERT_FILE", "c.pem", 1);
    CAF_REQUIRE(parse(to, {"--enable_tls", "--tls_key_file=k.pem"}).what
                == action::go_on);
    CAF_CHECK_EQUAL(to.server_tls.certificate_file, "c.pem");
    CAF_REQUIRE(parse(to, {"--enable_tls=false", "--tls_key_file=k.pem"}).what
                == action::go_on);
    CAF_CHECK(!to.server_tls);
    setenv("MICRO_ENABLE_TLS", "false", 1);
    CAF_REQUIRE(parse(to, {"--tls_key_file=k.pem"}).what == action::go_on);
    CAF_CHECK(!to.server_tls);
    setenv("MICRO_ENABLE_TLS", "true", 1);
    CAF_REQUIRE(parse(to, {"--tls_key_file=k.pem"}).what == action::go_on);
    CAF_CHECK(to.server_tls);
  }

  CAF_TEST(calls go over TLS on demand) {
    CAF_REQUIRE(parse(to, {}).what == action::go_on);
    CAF_CHECK(!to.client_secure);
    CAF_CHECK(to.client_tls.verify);
    setenv("MICA_CLIENT_TLS", "true", 1);
    CAF_REQUIRE(
        parse(to, {"--client_tls_ca_file=ca.pem", "--client_tls_server_name=x",
                   "--client_tls_cert_file=c.pem", "--client_tls_key_file=k.pem"})
            .what
        == action::go_on);
    CAF_CHECK(to.client_secure);
    CAF_CHECK(to.client_tls.verify);
    CAF_CHECK_EQUAL(to.client_tls.ca_file, "ca.pem");
    CAF_CHECK_EQUAL(to.client_tls.server_name, "x");
    CAF_CHECK_EQUAL(to.client_tls.certificate_file, "c.pem");
    CAF_CHECK_EQUAL(to.client_tls.key_file, "k.pem");
    CAF_REQUIRE(parse(to, {"--client_tls_insecure"}).what == action::go_on);
    CAF_CHECK(!to.client_tls.verify);
  }

  CAF_TEST(half of what TLS needs is refused by name) {
    CAF_CHECK(
        contains(refusal({"--enable_tls"}), "name a certificate by --tls_cert_file"));
    CAF_CHECK(contains(refusal({"--tls_cert_file=c.pem"}), "--tls_key_file"));
    CAF_CHECK(
        contains(refusal({"--tls_client_ca_file=ca.pem"}), "--tls_client_ca_file"));
    CAF_CHECK(contains(
        refusal({"--tls_cert_file=c", "--tls_key_file=k", "--tls_client_names=a"}),
        "--tls_client_ca_file"));
    CAF_CHECK(contains(refusal({"--client_tls_key_file=k"}), "--client_tls_cert_file"));
  }

  CAF_TEST(an unknown flag is refused in one line with its name) {
    auto text = refusal({"--regitsry=consul"});
    CAF_CHECK(contains(text, "flag provided but not defined: --regitsry"));
    CAF_CHECK(!contains(text, "\n"));
  }

  CAF_TEST(an unknown registry is refused in the words of Go Micro) {
    auto text = refusal({"--registry=eureka"});
    CAF_CHECK(contains(text, "Registry eureka not found"));
    CAF_CHECK(contains(text, "gossip, mdns, memory"));
  }

  CAF_TEST(calls and announcements may be pinned to one protocol) {
    settings pinned;
    pinned.name = "s";
    CAF_CHECK_EQUAL(pinned.client_protocol, "");
    CAF_CHECK_EQUAL(pinned.server_protocol, "mucp");
    CAF_REQUIRE(parse(pinned, {"--client=grpc", "--server=grpc"}).what
                == action::go_on);
    CAF_CHECK_EQUAL(pinned.client_protocol, "grpc");
    CAF_CHECK_EQUAL(pinned.server_protocol, "grpc");
  }

  CAF_TEST(other protocols than those that exist are refused by name) {
    CAF_CHECK(contains(refusal({"--transport=quic"}), "Transport quic not found"));
    CAF_CHECK(contains(refusal({"--server=h2"}), "Server h2 not found"));
    CAF_CHECK(
        contains(refusal({"--client=h2"}), "Client h2 not found (known: grpc, mucp)"));
    CAF_CHECK(contains(refusal({"--selector=dns"}), "Selector dns not found"));
  }

  CAF_TEST(a bad value is refused with flag and value) {
    CAF_CHECK(
        contains(refusal({"--client_request_timeout=5"}), "\"5\" is no duration"));
    CAF_CHECK(contains(refusal({"--register_ttl=soon"}), "--register_ttl"));
    CAF_CHECK(contains(refusal({"--client_retries=-1"}), "--client_retries"));
    CAF_CHECK(contains(refusal({"--lanes=0"}), "--lanes"));
    CAF_CHECK(contains(refusal({"--lanes=65"}), "--lanes"));
    CAF_CHECK(contains(refusal({"--server_metadata=novalue"}), "novalue"));
    CAF_CHECK(contains(refusal({"stray"}), "stray"));
  }

  CAF_TEST(help names every flag and its variable) {
    auto outcome = parse(to, {"--help"});
    CAF_REQUIRE(outcome.what == action::print_and_exit);
    for (auto* flag : {"--registry", "MICRO_REGISTRY", "--mdns_interface",
                       "--client_pool_size", "--server_address", "--register_ttl"})
      CAF_CHECK(contains(outcome.text, flag));
  }

  CAF_TEST(the page on flags lists exactly what help lists) {
    std::ifstream file{mica::test::source_path("docs/flags.md")};
    std::string page{std::istreambuf_iterator<char>{file}, {}};
    auto help = parse(to, {"--help"}).text;
    std::set<std::string> documented;
    std::set<std::string> offered;
    std::regex row{"\\n\\| `(--[a-z_]+)`"};
    for (std::sregex_iterator i{page.begin(), page.end(), row}, end; i != end; ++i)
      documented.insert((*i)[1]);
    std::regex flag{"\\n  (?:-h,)?(--[a-z_]+)"};
    for (std::sregex_iterator i{help.begin(), help.end(), flag}, end; i != end; ++i)
      offered.insert((*i)[1]);
    offered.erase("--help");
    CAF_CHECK(!offered.empty());
    CAF_CHECK_EQUAL(documented, offered);
  }

  CAF_TEST(durations without unit or with strange text are no durations) {
    std::chrono::nanoseconds out;
    for (auto* good : {"0", "1ns", "1.5s", "2h45m", "1us", "100ms"})
      if (!parse_go_duration(good, out))
        CAF_ERROR("refused: " << good);
    for (auto* bad : {"", "5", "s", "1.2.3s", "-1s", "1d", "1s ", "99999999999h"})
      if (parse_go_duration(bad, out))
        CAF_ERROR("taken: " << bad);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
