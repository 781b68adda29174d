#define CAF_SUITE etcd.real_server

#include "contract/registry_samples.hpp"
#include "contract/registry_worlds.hpp"
#include "discovery/reporting_world.hpp"
#include "servers/certificate_files.hpp"
#include "servers/real_server.hpp"

#include "mica/discovery/etcd.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

using namespace mica::discovery;
using namespace mica::test;
using namespace std::chrono_literals;

using mica::errc;

namespace {

/// Calls the gateway by curl; returns what it answers.
std::string call(const std::string& url, const std::string& path,
                 const std::string& body, const std::string& more = {}) {
  auto command =
      "curl -s -m 5 " + more + " -X POST " + url + path + " -d '" + body + "'";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
  std::string result;
  char buffer[4096];
  while (auto n = pipe ? std::fread(buffer, 1, sizeof buffer, pipe.get()) : 0)
    result.append(buffer, n);
  return result;
}

struct world : reporting_world {
  world() : reporting_world({.name = "etcd", .settle = 20s}) {
    // nop
  }

  void begin(etcd_options options) {
    options.timeout = 3s;
    options.report = reporter();
    use(spawn_etcd_registry(system(), std::move(options)));
  }
};

struct killed : world {
  killed() {
    etcd_options options;
    options.addresses = {server.address()};
    begin(options);
  }

  ~killed() {
    end_registries();
  }

  own_server server{"etcd"};
};

struct with_users : killed {
  with_users() {
    auto url = server.address();
    call(url, "/v3/auth/user/add", R"({"name":"root","password":"secret"})");
    call(url, "/v3/auth/role/add", R"({"name":"root"})");
    call(url, "/v3/auth/user/grant", R"({"user":"root","role":"root"})");
    call(url, "/v3/auth/enable", "{}");
  }

  void begin_as(const std::string& user, const std::string& password) {
    end_registries();
    etcd_options options;
    options.addresses = {server.address()};
    options.user = user;
    options.password = password;
    begin(options);
  }
};

struct with_tls : world {
  ~with_tls() {
    end_registries();
  }

  certificate_files files;
  own_server server{"etcd",
                    "ETCD_TLS='" + files.cert + "," + files.key + "," + files.ca + "'"};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(killed_tests, killed)

  CAF_TEST(registrations and watches survive a killed etcd) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    server.kill();
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    auto renewed = put(record, 60s);
    CAF_REQUIRE(!renewed);
    CAF_CHECK(renewed.error().reason == errc::unavailable);
    CAF_CHECK(renewed.error().detail.find(server.address()) != std::string::npos);
    CAF_CHECK_EQUAL(found("greeter"), "unavailable");
    server.start();
    // Key and lease are on its disk.
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    CAF_CHECK(put(record, 60s));
    CAF_REQUIRE(put(other_node(record), 60s));
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 greeter-1-other "),
                    "greeter-1 greeter-1-other ");
    CAF_CHECK(reported("going on with what is known"));
    CAF_CHECK(reported("answers again"));
  }

  CAF_TEST(a watch that begins while etcd is away sees the service when it is back) {
    CAF_REQUIRE(put(registry_samples::greeter("greeter")));
    server.kill();
    auto watcher = watch("greeter");
    server.start();
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
  }

  CAF_TEST(a watch goes on after its revisions were compacted) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record));
    auto watcher = watch("greeter");
    CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
    server.kill();
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1 ?"), "greeter-1 ?");
    server.start();
    // What happened while nobody watched, and history without it.
    auto deleted = call(server.address(), "/v3/kv/deleterange",
                        R"({"key":"AA==","range_end":"AA=="})");
    auto at = deleted.find("\"revision\":\"");
    CAF_REQUIRE(at != std::string::npos);
    auto revision = deleted.substr(at + 12, deleted.find('"', at + 12) - at - 12);
    auto done =
        call(server.address(), "/v3/kv/compaction", "{\"revision\":" + revision + "}");
    CAF_CHECK(done.find("revision") != std::string::npos);
    CAF_CHECK_EQUAL(seen(watcher, ""), "");
    CAF_REQUIRE(put(other_node(record)));
    CAF_CHECK_EQUAL(seen(watcher, "greeter-1-other "), "greeter-1-other ");
  }

  CAF_TEST(a lease that etcd lost is replaced by the next renewal) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto leases = call(server.address(), "/v3/lease/leases", "{}");
    auto at = leases.find("\"ID\":\"");
    CAF_REQUIRE(at != std::string::npos);
    auto id = leases.substr(at + 6, leases.find('"', at + 6) - at - 6);
    call(server.address(), "/v3/lease/revoke", "{\"ID\":\"" + id + "\"}");
    CAF_CHECK_EQUAL(found("greeter"), "service_not_found");
    CAF_CHECK(put(record, 60s));
    CAF_CHECK_EQUAL(found("greeter"), "greeter-1 ");
  }

  CAF_TEST(a renewal writes nothing) {
    auto record = registry_samples::greeter("greeter");
    CAF_REQUIRE(put(record, 60s));
    auto key = R"({"key":"L21pY3JvL3JlZ2lzdHJ5L2dyZWV0ZXIvZ3JlZXRlci0x"})";
    auto before = call(server.address(), "/v3/kv/range", key);
    CAF_REQUIRE(before.find("mod_revision") != std::string::npos);
    CAF_REQUIRE(put(record, 60s));
    // Neither the key nor the revision of the store.
    auto revision = [](const std::string& x) {
      return x.substr(0, x.find("raft_term"));
    };
    auto after = call(server.address(), "/v3/kv/range", key);
    CAF_CHECK_EQUAL(revision(after), revision(before));
  }

  CAF_TEST(broken records are ignored and told) {
    CAF_REQUIRE(put(registry_samples::greeter("greeter")));
    // /micro/registry/greeter/bad = {"name":
    call(server.address(), "/v3/kv/put",
         R"({"key":"L21pY3JvL3JlZ2lzdHJ5L2dyZWV0ZXIvYmFk","value":"eyJuYW1lIjo="})");
    CAF_CHECK_EQUAL(found("greeter"), "greeter-1 ");
    CAF_CHECK(reported("ignored in etcd: key /micro/registry/greeter/bad"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()

  CAF_TEST_FIXTURE_SCOPE(user_tests, with_users)

    CAF_TEST(without a user an etcd with authentication refuses) {
      auto refused = put(registry_samples::greeter("greeter"));
      CAF_REQUIRE(!refused);
      CAF_CHECK(refused.error().detail.find("user name is empty") != std::string::npos);
    }

    CAF_TEST(a wrong password is refused in clear words) {
      begin_as("root", "wrong");
      auto refused = put(registry_samples::greeter("greeter"));
      CAF_REQUIRE(!refused);
      CAF_CHECK(refused.error().reason == errc::unauthenticated);
      CAF_CHECK(refused.error().detail.find("authentication failed")
                != std::string::npos);
      CAF_CHECK(refused.error().detail.find("wrong") == std::string::npos);
    }

    CAF_TEST(a user gets a token and a new one after a restart) {
      begin_as("root", "secret");
      auto record = registry_samples::greeter("greeter");
      CAF_REQUIRE(put(record, 60s));
      auto watcher = watch("greeter");
      CAF_REQUIRE_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
      // Tokens are in its memory.
      server.kill();
      server.start();
      CAF_CHECK(put(record, 60s));
      CAF_REQUIRE(put(other_node(record), 60s));
      CAF_CHECK_EQUAL(seen(watcher, "greeter-1 greeter-1-other "),
                      "greeter-1 greeter-1-other ");
    }

    CAF_TEST_FIXTURE_SCOPE_END()

    CAF_TEST_FIXTURE_SCOPE(tls_tests, with_tls)

      CAF_TEST(a client with a certificate is let in over TLS) {
        etcd_options options;
        options.addresses = {server.address()};
        options.ca_file = files.ca;
        options.cert_file = files.cert;
        options.key_file = files.key;
        begin(options);
        auto watcher = watch("greeter");
        CAF_REQUIRE(put(registry_samples::greeter("greeter"), 60s));
        CAF_CHECK_EQUAL(seen(watcher, "greeter-1 "), "greeter-1 ");
      }

      CAF_TEST(an authority that is not trusted is named as the reason) {
        etcd_options options;
        options.addresses = {"https://" + server.address()};
        begin(options);
        auto refused = put(registry_samples::greeter("greeter"));
        CAF_REQUIRE(!refused);
        CAF_CHECK(refused.error().reason == errc::unavailable);
        CAF_CHECK(refused.error().detail.find("certificate") != std::string::npos);
      }

      CAF_TEST_FIXTURE_SCOPE_END()
