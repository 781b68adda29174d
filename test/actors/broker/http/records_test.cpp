#define CAF_SUITE http_broker_records

#include "broker/http/records.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::broker::http;

namespace {

announcement sample(std::string queue = {}) {
  return {"events", std::move(queue), "events-1", "events-2", "10.0.0.5:41233", false};
}

discovery::snapshot snapshot_of(std::string_view service,
                                std::vector<discovery::service_record> versions) {
  return {std::string{service}, std::move(versions), {}};
}

// As Go Micro registers it.
discovery::service_record go_record(std::string_view service, std::string version,
                                    std::string id, std::string topic = "events") {
  discovery::service_record result;
  result.name = service;
  result.version = std::move(version);
  result.nodes.push_back(
      {id, id + ":80", {{"broker", "http"}, {"secure", "false"}, {"topic", topic}}});
  return result;
}

std::vector<std::string> ids_of(const std::vector<recipient_ptr>& list) {
  std::vector<std::string> result;
  for (const auto& x : list)
    result.push_back(x->id);
  return result;
}

using ids = std::vector<std::string>;

} // namespace

CAF_TEST(a subscription is registered under both names of Go Micro) {
  auto records = records_of(sample());
  CAF_REQUIRE_EQUAL(records.size(), 2u);
  CAF_CHECK_EQUAL(records[0].name, "micro.http.broker");
  CAF_CHECK_EQUAL(records[1].name, "go.micro.http.broker");
  for (const auto& x : records) {
    CAF_CHECK_EQUAL(x.version, "ff.http.broadcast");
    CAF_REQUIRE_EQUAL(x.nodes.size(), 1u);
    CAF_CHECK_EQUAL(x.nodes[0].address, "10.0.0.5:41233");
    CAF_CHECK_EQUAL(x.nodes[0].metadata.at("broker"), "http");
    CAF_CHECK_EQUAL(x.nodes[0].metadata.at("topic"), "events");
    CAF_CHECK_EQUAL(x.nodes[0].metadata.at("secure"), "false");
  }
  CAF_CHECK_EQUAL(records[0].nodes[0].id, "events-1");
  CAF_CHECK_EQUAL(records[1].nodes[0].id, "events-2");
}

CAF_TEST(the version of a subscription is its queue) {
  auto records = records_of(sample("workers"));
  CAF_REQUIRE(!records.empty());
  CAF_CHECK_EQUAL(records[0].version, "workers");
}

CAF_TEST(a subscription without the older name is registered once) {
  auto plain = sample();
  plain.v1_id.clear();
  CAF_CHECK_EQUAL(records_of(plain).size(), 1u);
}

CAF_TEST(a subscription under two names is one recipient) {
  recipient_table table{100};
  auto records = records_of(sample());
  table.update(snapshot_of(v1_service, {records[1]}));
  CAF_CHECK(table.find("events") == nullptr);
  table.update(snapshot_of(v2_service, {records[0]}));
  auto* audience = table.find("events");
  CAF_REQUIRE(audience);
  CAF_CHECK_EQUAL(ids_of(audience->broadcast), ids{"events-1"});
  CAF_CHECK(audience->broadcast[0]->to.version == net::http_version::http2);
}

CAF_TEST(subscribers of both generations of Go Micro are found) {
  recipient_table table{100};
  table.update(snapshot_of(v1_service, {go_record(v1_service, "ff.http.broadcast", "a"),
                                        go_record(v1_service, "q", "b")}));
  table.update(snapshot_of(v2_service, {go_record(v2_service, "ff.http.broadcast", "c"),
                                        go_record(v2_service, "q", "d"),
                                        go_record(v2_service, "r", "e")}));
  auto* audience = table.find("events");
  CAF_REQUIRE(audience);
  CAF_CHECK_EQUAL(ids_of(audience->broadcast), (ids{"c", "a"}));
  CAF_REQUIRE_EQUAL(audience->queues.size(), 2u);
  CAF_CHECK_EQUAL(ids_of(audience->queues.at("q")), (ids{"d", "b"}));
  CAF_CHECK_EQUAL(ids_of(audience->queues.at("r")), ids{"e"});
  CAF_CHECK(audience->broadcast[1]->speaks == generation::v1);
  CAF_CHECK(audience->broadcast[1]->to.version == net::http_version::http1);
}

CAF_TEST(nodes of another topic or another broker get nothing) {
  recipient_table table{100};
  auto other = go_record(v2_service, "ff.http.broadcast", "a", "other");
  auto kafka = go_record(v2_service, "ff.http.broadcast", "b");
  kafka.nodes[0].metadata["broker"] = "kafka";
  table.update(snapshot_of(v2_service, {other, kafka}));
  CAF_CHECK(table.find("events") == nullptr);
  table.update(snapshot_of("greeter", {go_record("greeter", "1", "c")}));
  CAF_CHECK(table.find("events") == nullptr);
}

CAF_TEST(a node that says so is spoken to by TLS and so are all if we say so) {
  auto record = go_record(v2_service, "q", "a");
  recipient_table plain{100};
  plain.update(snapshot_of(v2_service, {record}));
  CAF_CHECK(!plain.recipient_of("a")->to.secure);
  recipient_table strict{100, true};
  strict.update(snapshot_of(v2_service, {record}));
  CAF_CHECK(strict.recipient_of("a")->to.secure);
  record.nodes[0].metadata["secure"] = "true";
  plain.update(snapshot_of(v2_service, {record}));
  CAF_CHECK(plain.recipient_of("a")->to.secure);
}

CAF_TEST(what is beyond the limit is left out and counted) {
  recipient_table table{2};
  auto record = go_record(v2_service, "ff.http.broadcast", "a");
  for (auto id : {"b", "c", "d"}) {
    auto node = record.nodes[0];
    node.id = id;
    record.nodes.push_back(node);
  }
  CAF_CHECK_EQUAL(table.update(snapshot_of(v2_service, {record})), 2u);
  CAF_CHECK_EQUAL(table.find("events")->broadcast.size(), 2u);
}

CAF_TEST(our own subscription is there before the registry says so and only once) {
  recipient_table table{100};
  table.add(sample());
  CAF_REQUIRE(table.find("events"));
  table.update(snapshot_of(v2_service, {records_of(sample())[0]}));
  CAF_CHECK_EQUAL(table.find("events")->broadcast.size(), 1u);
  table.remove("events-1");
  CAF_CHECK(table.find("events") == nullptr);
}
