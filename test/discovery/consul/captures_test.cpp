#define CAF_SUITE consul.captures

#include "consul/requests.hpp"
#include "consul/tags.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica::discovery;
using namespace mica::discovery::consul;
using namespace mica::test::consul;
using namespace std::chrono_literals;

namespace {

/// What the captured program registered, rebuilt from its own tags.
service_record record_of(const captured_request& registration, const std::string& id,
                         const std::string& address) {
  auto contents = decode_tags(tags_of(registration.body));
  CAF_CHECK(contents.ignored.empty());
  return {"greeter",
          contents.version,
          {},
          contents.endpoints,
          {{id, address, contents.metadata}}};
}

} // namespace

CAF_TEST(the tags of a Go Micro v2 service are read) {
  auto requests = read_capture("consul-v2-mucp-service");
  CAF_REQUIRE_EQUAL(requests.size(), 3u);
  auto contents = decode_tags(tags_of(requests[0].body));
  CAF_CHECK(contents.ignored.empty());
  CAF_CHECK_EQUAL(contents.version, "latest");
  labels expected{{"broker", "http"},
                  {"protocol", "mucp"},
                  {"registry", "consul"},
                  {"server", "mucp"},
                  {"transport", "http"}};
  CAF_CHECK(contents.metadata == expected);
  CAF_REQUIRE_EQUAL(contents.endpoints.size(), 4u);
  std::vector<std::string> names;
  for (const auto& x : contents.endpoints)
    names.push_back(x.name);
  std::sort(names.begin(), names.end());
  CAF_CHECK_EQUAL(names,
                  (std::vector<std::string>{"Greeter.Bidi", "Greeter.ClientStream",
                                            "Greeter.Hello", "Greeter.ServerStream"}));
}

CAF_TEST(our registration is that of Go Micro v2 but for the bytes in tags) {
  auto requests = read_capture("consul-v2-mucp-service");
  auto record = record_of(requests[0], "greeter-lab", "127.0.0.1:7211");
  auto ours = register_request(record, record.nodes[0], 1min);
  CAF_REQUIRE(ours);
  CAF_CHECK_EQUAL(ours->method, requests[0].method);
  CAF_CHECK_EQUAL(ours->target, requests[0].target);
  CAF_CHECK_EQUAL(without_tag_bytes(ours->body), without_tag_bytes(requests[0].body));
  // And what is inside says the same.
  auto again = decode_tags(tags_of(ours->body));
  CAF_CHECK(again.metadata == record.nodes[0].metadata);
  CAF_CHECK(again.endpoints == record.endpoints);
  CAF_CHECK_EQUAL(again.version, record.version);
}

CAF_TEST(the other calls are those of Go Micro) {
  auto requests = read_capture("consul-v2-mucp-service");
  auto is = [](const api_request& ours, const captured_request& theirs) {
    return ours == api_request{theirs.method, theirs.target, theirs.body};
  };
  CAF_CHECK(is(pass_request("greeter-lab"), requests[1]));
  CAF_CHECK(is(deregister_request("greeter-lab"), requests[2]));
  auto lookup = read_capture("consul-get-service");
  CAF_REQUIRE_EQUAL(lookup.size(), 1u);
  CAF_CHECK(is(lookup_request("greeter"), lookup[0]));
}

CAF_TEST(a Go Micro v1 service and its broker over IPv6 are the same) {
  auto requests = read_capture("consul-v1-service");
  CAF_REQUIRE_EQUAL(requests.size(), 6u);
  auto service = record_of(requests[0], "greeter-lab1", "127.0.0.1:7111");
  auto ours = register_request(service, service.nodes[0], 1min);
  CAF_REQUIRE(ours);
  CAF_CHECK_EQUAL(without_tag_bytes(ours->body), without_tag_bytes(requests[0].body));
  auto broker = record_of(requests[2], "greeter-f8ca0693-69ba-4d66-844e-3e273c04de50",
                          "[::1]:37891");
  broker.name = "go.micro.http.broker";
  ours = register_request(broker, broker.nodes[0], 1min);
  CAF_REQUIRE(ours);
  CAF_CHECK_EQUAL(without_tag_bytes(ours->body), without_tag_bytes(requests[2].body));
}

CAF_TEST(a Go Micro v2 grpc service is the same) {
  auto requests = read_capture("consul-v2-grpc-service");
  auto record = record_of(requests[0], "greeter-labgrpc", "127.0.0.1:7212");
  auto ours = register_request(record, record.nodes[0], 1min);
  CAF_REQUIRE(ours);
  CAF_CHECK_EQUAL(without_tag_bytes(ours->body), without_tag_bytes(requests[0].body));
  CAF_CHECK_EQUAL(record.nodes[0].metadata["protocol"], "grpc");
}
