#define CAF_SUITE consul.addresses

#include "consul/addresses.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::discovery::consul;

using mica::errc;

namespace {

const char* nothing_set(const char*) {
  return nullptr;
}

const char* both_set(const char* name) {
  return std::string_view{name} == "CONSUL_HTTP_ADDR" ? "https://consul.test:8501"
                                                      : "token-of-the-environment";
}

const char* token_with_line_break(const char* name) {
  return std::string_view{name} == "CONSUL_HTTP_TOKEN" ? "secret\r\nX-Evil: 1"
                                                       : nullptr;
}

} // namespace

CAF_TEST(TLS is set by the variables of Consul and options beat them) {
  auto variables = [](const char* name) -> const char* {
    std::string_view x{name};
    return x == "CONSUL_HTTP_SSL"          ? "true"
           : x == "CONSUL_HTTP_SSL_VERIFY" ? "0"
           : x == "CONSUL_CACERT"          ? "ca.pem"
           : x == "CONSUL_CLIENT_CERT"     ? "cert.pem"
           : x == "CONSUL_CLIENT_KEY"      ? "key.pem"
                                           : nullptr;
  };
  consul_options options;
  options.key_file = "own.pem";
  auto x = settle(options, variables);
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(x->urls.front(), "https://127.0.0.1:8500");
  CAF_CHECK_EQUAL(x->tls->ca_file, "ca.pem");
  CAF_CHECK_EQUAL(x->tls->cert_file, "cert.pem");
  CAF_CHECK_EQUAL(x->tls->key_file, "own.pem");
  CAF_CHECK(!x->tls->verify);
  auto plain = settle({}, nothing_set);
  CAF_REQUIRE(plain);
  CAF_CHECK(plain->tls->verify);
}

CAF_TEST(an address gets a scheme and a port) {
  struct {
    const char* given;
    const char* url;
  } table[] = {
      {"127.0.0.1", "http://127.0.0.1:8500"},
      {"127.0.0.1:8600", "http://127.0.0.1:8600"},
      {"consul.service", "http://consul.service:8500"},
      {"http://10.0.0.1", "http://10.0.0.1:8500"},
      {"http://10.0.0.1:1/", "http://10.0.0.1:1"},
      {"https://c:8501", "https://c:8501"},
      {"[::1]:8500", "http://[::1]:8500"},
      {"::1", "http://[::1]:8500"},
      {"[fe80::1]", "http://[fe80::1]:8500"},
  };
  for (const auto& [given, url] : table) {
    auto result = agent_url(given);
    CAF_REQUIRE(result);
    CAF_CHECK_EQUAL(*result, url);
  }
}

CAF_TEST(what is no address is refused by name) {
  for (const char* given :
       {"", "host:", "host:port", "host:65536", "host:-1", ":8500", "[::1", "[]:1",
        "[::1]x", "unix:///var/run/consul.sock", "ftp://host", "ho st", "host/path",
        "host:8500/v1", "a\r\nb"}) {
    auto result = agent_url(given);
    CAF_REQUIRE(!result);
    CAF_CHECK(result.error().reason == errc::invalid_argument);
    CAF_CHECK_NOT_EQUAL(result.error().detail.find("write host:port"),
                        std::string::npos);
  }
}

CAF_TEST(a password in an address is refused and not repeated) {
  auto result = agent_url("http://user:hunter2@host:8500");
  CAF_REQUIRE(!result);
  CAF_CHECK_EQUAL(result.error().detail.find("hunter2"), std::string::npos);
}

CAF_TEST(without anything the agent of this host is used) {
  auto settings = settle({}, nothing_set);
  CAF_REQUIRE(settings);
  CAF_CHECK_EQUAL(settings->urls, std::vector<std::string>{"http://127.0.0.1:8500"});
  CAF_CHECK_EQUAL(settings->token, "");
}

CAF_TEST(the environment fills in what the options leave open) {
  auto settings = settle({}, both_set);
  CAF_REQUIRE(settings);
  CAF_CHECK_EQUAL(settings->urls, std::vector<std::string>{"https://consul.test:8501"});
  CAF_CHECK_EQUAL(settings->token, "token-of-the-environment");
}

CAF_TEST(options beat the environment) {
  consul_options options;
  options.addresses = {"a", "b:1"};
  options.token = "mine";
  auto settings = settle(options, both_set);
  CAF_REQUIRE(settings);
  CAF_CHECK_EQUAL(settings->urls,
                  (std::vector<std::string>{"http://a:8500", "http://b:1"}));
  CAF_CHECK_EQUAL(settings->token, "mine");
}

CAF_TEST(a token that would end its header is refused and not repeated) {
  auto settings = settle({}, token_with_line_break);
  CAF_REQUIRE(!settings);
  CAF_CHECK(settings.error().reason == errc::invalid_argument);
  CAF_CHECK_EQUAL(settings.error().detail.find("secret"), std::string::npos);
}
