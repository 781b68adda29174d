#define CAF_SUITE etcd.settings

#include "etcd/settings.hpp"

#include <caf/test/unit_test.hpp>

#include <map>

using namespace mica::discovery;
using namespace mica::discovery::etcd;

using names = std::vector<std::string>;

namespace {

std::map<std::string, std::string> variables;

const char* lookup(const char* name) {
  auto found = variables.find(name);
  return found == variables.end() ? nullptr : found->second.c_str();
}

etcd_settings must_settle(const etcd_options& options) {
  auto result = settle(options, lookup);
  if (!result)
    CAF_FAIL(result.error().detail);
  return std::move(*result);
}

struct fixture {
  fixture() {
    variables.clear();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(settings_tests, fixture)

  CAF_TEST(the default is the usual port of this host without TLS and user) {
    auto x = must_settle({});
    CAF_CHECK_EQUAL(x.agent.urls, names{"http://127.0.0.1:2379"});
    CAF_CHECK(!x.agent.tls);
    CAF_CHECK(x.who.user.empty());
  }

  CAF_TEST(variables of etcdctl fill in what the options leave open) {
    variables = {{"ETCDCTL_ENDPOINTS", "https://a:1,b"},
                 {"ETCDCTL_USER", "me:pass:word"},
                 {"ETCDCTL_CACERT", "ca.pem"},
                 {"ETCDCTL_CERT", "cert.pem"},
                 {"ETCDCTL_KEY", "key.pem"}};
    auto x = must_settle({});
    CAF_CHECK_EQUAL(x.agent.urls, (names{"https://a:1", "https://b:2379"}));
    CAF_CHECK_EQUAL(x.who.user, "me");
    CAF_CHECK_EQUAL(x.who.password, "pass:word");
    CAF_REQUIRE(x.agent.tls);
    CAF_CHECK_EQUAL(x.agent.tls->ca_file, "ca.pem");
    CAF_CHECK_EQUAL(x.agent.tls->cert_file, "cert.pem");
    CAF_CHECK_EQUAL(x.agent.tls->key_file, "key.pem");
    CAF_CHECK(x.agent.tls->verify);
  }

  CAF_TEST(options beat variables) {
    variables = {{"ETCDCTL_ENDPOINTS", "a"}, {"ETCDCTL_USER", "me:word"}};
    etcd_options options;
    options.addresses = {"[::1]:7"};
    options.user = "you";
    options.password = "other";
    auto x = must_settle(options);
    CAF_CHECK_EQUAL(x.agent.urls, names{"http://[::1]:7"});
    CAF_CHECK_EQUAL(x.who.user, "you");
    CAF_CHECK_EQUAL(x.who.password, "other");
  }

  CAF_TEST(an address that is none is refused by name and secrets are not shown) {
    etcd_options options;
    options.addresses = {"ftp://a"};
    auto x = settle(options, lookup);
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == mica::errc::invalid_argument);
    CAF_CHECK(x.error().detail.find("etcd address \"ftp://a\"") != std::string::npos);
    options.addresses = {"me:secret@a:1"};
    x = settle(options, lookup);
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().detail.find("secret") == std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
