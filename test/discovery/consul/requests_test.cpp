#define CAF_SUITE consul.requests

#include "consul/requests.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

#include <limits>

using namespace mica::discovery;
using namespace mica::discovery::consul;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

service_record service(const std::string& address) {
  return {"greeter", "latest", {}, {}, {{"greeter-1", address, {}}}};
}

std::string body_for(const std::string& address, std::chrono::nanoseconds ttl) {
  auto record = service(address);
  auto request = register_request(record, record.nodes.front(), ttl);
  CAF_REQUIRE(request);
  return without_tag_bytes(request->body);
}

} // namespace

CAF_TEST(another datacenter is a part of the query) {
  CAF_CHECK_EQUAL(in_datacenter(list_request(), "dc2").target,
                  "/v1/catalog/services?dc=dc2");
  CAF_CHECK_EQUAL(in_datacenter(lookup_request("a"), "d&c=+ ").target,
                  "/v1/health/service/a?stale=&dc=d%26c%3D%2B%20");
  CAF_CHECK_EQUAL(in_datacenter(list_request(), "").target, "/v1/catalog/services");
}

CAF_TEST(durations read as in Go) {
  struct {
    std::chrono::nanoseconds given;
    const char* text;
  } table[] = {
      {0ns, "0s"},
      {1ns, "1ns"},
      {999ns, "999ns"},
      {1'000ns, "1µs"},
      {1'500ns, "1.5µs"},
      {2'200'000ns, "2.2ms"},
      {100ms, "100ms"},
      {1s, "1s"},
      {3'300ms, "3.3s"},
      {1min, "1m0s"},
      {65s, "1m5s"},
      {4min + 1ms, "4m0.001s"},
      {1h + 1ns, "1h0m0.000000001s"},
      {5h + 6min + 7'001ms, "5h6m7.001s"},
      {-90s, "-1m30s"},
      {std::chrono::nanoseconds::max(), "2562047h47m16.854775807s"},
      {std::chrono::nanoseconds::min(), "-2562047h47m16.854775808s"},
  };
  for (const auto& [given, text] : table)
    CAF_CHECK_EQUAL(go_duration(given), text);
}

CAF_TEST(a registration with a lease has a check) {
  CAF_CHECK_EQUAL(body_for("127.0.0.1:80", 1min),
                  R"({"ID":"greeter-1","Name":"greeter","Tags":["v-"],"Port":80,)"
                  R"("Address":"127.0.0.1","Check":{"TTL":"1m0s",)"
                  R"("DeregisterCriticalServiceAfter":"1m5s"},"Checks":null})"
                  "\n");
}

CAF_TEST(a registration without a lease has none) {
  CAF_CHECK_EQUAL(body_for("127.0.0.1:80", 0s),
                  R"({"ID":"greeter-1","Name":"greeter","Tags":["v-"],"Port":80,)"
                  R"("Address":"127.0.0.1","Check":null,"Checks":null})"
                  "\n");
}

CAF_TEST(a critical node is kept at least as long as Consul allows) {
  auto kept = [](std::chrono::nanoseconds ttl) {
    auto body = body_for("h:1", ttl);
    auto at = body.find("After\":\"") + 8;
    return body.substr(at, body.find('"', at) - at);
  };
  CAF_CHECK_EQUAL(kept(1s), "1m5s");
  CAF_CHECK_EQUAL(kept(59s), "1m5s");
  CAF_CHECK_EQUAL(kept(1min), "1m5s");
  CAF_CHECK_EQUAL(kept(2min), "2m5s");
}

CAF_TEST(addresses are taken apart and come together again) {
  struct {
    const char* address;
    const char* host;
    uint16_t port;
  } table[] = {
      {"127.0.0.1:50137", "127.0.0.1", 50137},
      {"[::1]:37891", "::1", 37891},
      {"host", "host", 0},
      {"host:65535", "host", 65535},
  };
  for (const auto& [address, host, port] : table) {
    auto where = split_address(address);
    CAF_REQUIRE(where);
    CAF_CHECK_EQUAL(where->host, host);
    CAF_CHECK_EQUAL(where->port, port);
    CAF_CHECK_EQUAL(join_address(*where), address);
  }
  for (const char* address : {"::1", "[::1]"}) {
    auto where = split_address(address);
    CAF_REQUIRE(where);
    CAF_CHECK_EQUAL(where->host, "::1");
  }
}

CAF_TEST(an address that is none is refused by name) {
  for (const char* address :
       {"", ":80", "h:", "h:x", "h:65536", "h:1x", "[::1", "[::1]80"}) {
    auto record = service(address);
    auto request = register_request(record, record.nodes.front(), 1s);
    CAF_REQUIRE(!request);
    CAF_CHECK(request.error().reason == errc::invalid_argument);
    CAF_CHECK_NOT_EQUAL(request.error().detail.find("greeter-1"), std::string::npos);
    CAF_CHECK_NOT_EQUAL(request.error().detail.find('"' + std::string{address} + '"'),
                        std::string::npos);
  }
}

CAF_TEST(names are escaped in JSON and in targets) {
  service_record record{"a/b?c \"<\xc3\xbc", "1", {}, {}, {{"x/y z%", "h:1", {}}}};
  auto request = register_request(record, record.nodes.front(), 0s);
  CAF_REQUIRE(request);
  CAF_CHECK_EQUAL(request->body.substr(0, request->body.find(",\"Tags\"")),
                  "{\"ID\":\"x/y z%\",\"Name\":\"a/b?c \\\"\\u003c\xc3\xbc\"");
  CAF_CHECK_EQUAL(lookup_request(record.name).target,
                  "/v1/health/service/a%2Fb%3Fc%20%22%3C%C3%BC?stale=");
  CAF_CHECK_EQUAL(deregister_request("x/y z%").target,
                  "/v1/agent/service/deregister/x%2Fy%20z%25");
}

CAF_TEST(a watch waits only when it has an index) {
  CAF_CHECK_EQUAL(watch_request("greeter", 0, 60s).target,
                  "/v1/health/service/greeter");
  CAF_CHECK_EQUAL(watch_request("greeter", 42, 60s).target,
                  "/v1/health/service/greeter?index=42&wait=1m0s");
}
