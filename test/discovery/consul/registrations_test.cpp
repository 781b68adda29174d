#define CAF_SUITE consul.registrations

#include "consul/registrations.hpp"

#include "consul/tags.hpp"
#include "support.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::discovery::consul;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

using strings = std::vector<std::string>;

const std::string register_target = "/v1/agent/service/register";

service_record greeter(const strings& ids = {"g1"}) {
  service_record result{"greeter", "1", {}, {}, {}};
  for (const auto& id : ids)
    result.nodes.push_back({id, "h:1", {{"protocol", "mucp"}}});
  return result;
}

/// What the catalog says when it knows all nodes of the record.
std::string shown(const service_record& record) {
  std::string out = "[";
  for (const auto& x : record.nodes) {
    out += out.size() > 1 ? "," : "";
    out += R"({"Service":{"ID":")" + x.id + R"(","Service":")" + record.name
           + R"(","Address":"h","Port":1,"Tags":[)";
    for (const auto& tag : encode_tags(record, x))
      out += '"' + tag + "\",";
    out.back() = ']';
    out += "}}";
  }
  return out + "]";
}

struct fixture {
  void add(const service_record& record, std::chrono::nanoseconds ttl = 60s) {
    orders.add(record, ttl, take());
  }

  void remove(const service_record& record) {
    orders.remove(record, take());
  }

  registrations::handler take() {
    return [this](mica::expected<void> outcome) {
      outcomes.push_back(outcome ? "ok" : outcome.error().detail);
      if (!outcome)
        reason = outcome.error().reason;
    };
  }

  /// Answers the oldest open request; returns its target.
  std::string reply(mica::expected<http_answer> outcome = answer(200)) {
    CAF_REQUIRE(!port.open.empty());
    auto [ticket, request] = std::move(port.open.front());
    port.open.erase(port.open.begin());
    client.complete(ticket, std::move(outcome));
    return request.url.substr(8);
  }

  void register_whole(const service_record& record) {
    add(record);
    CAF_CHECK_EQUAL(reply(), register_target);
    CAF_CHECK_EQUAL(reply(), "/v1/agent/check/pass/service:g1?note=");
    CAF_CHECK_EQUAL(reply(answer(200, shown(record))),
                    "/v1/health/service/greeter?stale=");
    CAF_REQUIRE_EQUAL(outcomes, strings{"ok"});
    outcomes.clear();
  }

  scripted_port port;
  agent_client client{{{"http://a"}, {}}, port};
  registrations orders{client, 5s};
  strings outcomes;
  errc reason = errc::none;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(registrations_tests, fixture)

  CAF_TEST(a registration passes and is over when the catalog shows it) {
    add(greeter());
    CAF_CHECK_EQUAL(reply(), register_target);
    CAF_CHECK_EQUAL(reply(), "/v1/agent/check/pass/service:g1?note=");
    CAF_CHECK_EQUAL(reply(answer(200, "[]", "7")), "/v1/health/service/greeter?stale=");
    CAF_CHECK(outcomes.empty());
    CAF_CHECK_EQUAL(reply(answer(200, shown(greeter()), "8")),
                    "/v1/health/service/greeter?index=7&wait=500ms");
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
    CAF_CHECK(port.open.empty());
  }

  CAF_TEST(a token that may not read registers all the same) {
    add(greeter());
    reply();
    reply();
    reply(answer(403, "Permission denied"));
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
  }

  CAF_TEST(a catalog that never shows a node is not waited for endlessly) {
    add(greeter());
    reply();
    reply();
    for (int i = 0; i < 4; ++i)
      reply(answer(200, "[]", "7"));
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
  }

  CAF_TEST(a catalog without a leader is a failure) {
    add(greeter());
    reply();
    reply();
    reply(answer(500, "No cluster leader"));
    CAF_CHECK_EQUAL(outcomes,
                    strings{"Consul at http://a answered 500: No cluster leader"});
    CAF_CHECK(reason == errc::unavailable);
  }

  CAF_TEST(a renewal of the same content is one request) {
    register_whole(greeter());
    add(greeter());
    CAF_CHECK_EQUAL(reply(), "/v1/agent/check/pass/service:g1?note=");
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
    CAF_CHECK(port.open.empty());
  }

  CAF_TEST(other content is registered in full) {
    register_whole(greeter());
    auto changed = greeter();
    changed.nodes[0].metadata["zone"] = "b";
    add(changed);
    CAF_CHECK_EQUAL(reply(), register_target);
    reply();
    reply(answer(200, shown(greeter())));
    // The catalog still shows the old content.
    CAF_CHECK(outcomes.empty());
    reply(answer(200, shown(changed)));
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
  }

  CAF_TEST(another lease time is registered in full) {
    register_whole(greeter());
    add(greeter(), 90s);
    CAF_CHECK_EQUAL(reply(), register_target);
  }

  CAF_TEST(an agent that forgot the node gets it in full) {
    register_whole(greeter());
    add(greeter());
    CAF_CHECK_EQUAL(
        reply(answer(500, "CheckID \"service:g1\" does not have associated TTL")),
        "/v1/agent/check/pass/service:g1?note=");
    CAF_CHECK_EQUAL(reply(), register_target);
    reply();
    reply(answer(200, shown(greeter())));
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
  }

  CAF_TEST(an agent that is away fails a renewal and keeps its cheap form) {
    register_whole(greeter());
    add(greeter());
    reply(refused_connection());
    CAF_CHECK_EQUAL(outcomes, strings{"Consul at http://a: Connection refused"});
    CAF_CHECK(reason == errc::unavailable);
    add(greeter());
    CAF_CHECK_EQUAL(reply(), "/v1/agent/check/pass/service:g1?note=");
  }

  CAF_TEST(a refused registration is told in the words of the agent) {
    add(greeter());
    reply(answer(403, "Permission denied"));
    CAF_CHECK_EQUAL(outcomes,
                    strings{"Consul at http://a answered 403: Permission denied"});
    CAF_CHECK(reason == errc::permission_denied);
    CAF_CHECK(port.open.empty());
  }

  CAF_TEST(without a lease there is no check to pass) {
    add(greeter(), 0s);
    CAF_CHECK_EQUAL(reply(), register_target);
    CAF_CHECK_EQUAL(reply(answer(200, shown(greeter()))),
                    "/v1/health/service/greeter?stale=");
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
    // There is nothing small to say either.
    add(greeter(), 0s);
    CAF_CHECK_EQUAL(reply(), register_target);
  }

  CAF_TEST(several nodes are registered side by side and looked for once) {
    add(greeter({"g1", "g2", "g3"}));
    CAF_CHECK_EQUAL(port.open.size(), 3u);
    for (int i = 0; i < 6; ++i)
      reply();
    CAF_REQUIRE_EQUAL(port.open.size(), 1u);
    reply(answer(200, shown(greeter({"g1", "g2"})), "7"));
    CAF_CHECK(outcomes.empty());
    reply(answer(200, shown(greeter({"g1", "g2", "g3"})), "8"));
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
  }

  CAF_TEST(one node that fails is told once all are done) {
    add(greeter({"g1", "g2"}));
    reply(answer(400, "bad node"));
    CAF_CHECK(outcomes.empty());
    reply();
    reply();
    CAF_CHECK_EQUAL(outcomes, strings{"Consul at http://a answered 400: bad node"});
  }

  CAF_TEST(a deregistration never overtakes a renewal) {
    add(greeter());
    remove(greeter());
    CAF_REQUIRE_EQUAL(port.open.size(), 1u);
    CAF_CHECK_EQUAL(reply(), register_target);
    CAF_CHECK_EQUAL(reply(), "/v1/agent/check/pass/service:g1?note=");
    CAF_REQUIRE_EQUAL(port.open.size(), 2u);
    std::vector<std::string> targets{reply(answer(200, "[]", "7")), reply()};
    std::sort(targets.begin(), targets.end());
    CAF_CHECK_EQUAL(targets, (strings{"/v1/agent/service/deregister/g1",
                                      "/v1/health/service/greeter?stale="}));
  }

  CAF_TEST(after a deregistration a node is registered in full) {
    register_whole(greeter());
    remove(greeter());
    CAF_CHECK_EQUAL(reply(), "/v1/agent/service/deregister/g1");
    add(greeter());
    CAF_CHECK_EQUAL(reply(), register_target);
  }

  CAF_TEST(deregistering what the agent does not know succeeds) {
    remove(greeter({"g1", "g2"}));
    reply(answer(404, "Unknown service ID"));
    CAF_CHECK(outcomes.empty());
    reply(answer(200));
    CAF_CHECK_EQUAL(outcomes, strings{"ok"});
    remove(greeter({}));
    CAF_CHECK_EQUAL(outcomes, (strings{"ok", "ok"}));
  }

  CAF_TEST(a deregistration that did not arrive is a failure) {
    remove(greeter());
    reply(refused_connection());
    CAF_CHECK(reason == errc::unavailable);
  }

  CAF_TEST(what can never be registered is refused before anything is sent) {
    auto nameless = greeter();
    nameless.name.clear();
    auto no_id = greeter();
    no_id.nodes[0].id.clear();
    auto no_address = greeter();
    no_address.nodes[0].address.clear();
    auto bad_second = greeter({"g1", "g2"});
    bad_second.nodes[1].address = "h:port";
    for (const auto& x : {nameless, greeter({}), no_id, no_address, bad_second}) {
      reason = errc::none;
      add(x);
      CAF_CHECK(reason == errc::invalid_argument);
    }
    reason = errc::none;
    add(greeter(), -1s);
    CAF_CHECK(reason == errc::invalid_argument);
    CAF_CHECK(port.open.empty());
    CAF_CHECK_EQUAL(outcomes.size(), 6u);
  }

  CAF_TEST(orders for one node have a bound) {
    for (int i = 0; i < 20; ++i)
      add(greeter());
    CAF_CHECK_EQUAL(outcomes.size(), 4u);
    CAF_CHECK(reason == errc::overloaded);
    CAF_CHECK_EQUAL(port.open.size(), 1u);
  }

  CAF_TEST(a full line is a failure and not the end) {
    port.takes = false;
    add(greeter());
    CAF_CHECK(reason == errc::overloaded);
    port.takes = true;
    add(greeter());
    CAF_CHECK_EQUAL(reply(), register_target);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
