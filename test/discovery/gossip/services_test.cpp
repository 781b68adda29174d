#define CAF_SUITE gossip.services

#include "virtual_cluster.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica;
using namespace mica::test;
using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

cluster_options sized(size_t n, double loss = 0) {
  cluster_options result;
  result.size = n;
  result.loss = loss;
  return result;
}

bool sees(const virtual_cluster& x, size_t i, const service_record& record) {
  auto found = x.look_up(i, record.name);
  return found.versions == std::vector<service_record>{record};
}

bool all_see(const virtual_cluster& x, const service_record& record) {
  for (size_t i = 0; i < x.size(); ++i)
    if (x.up(i) && !sees(x, i, record))
      return false;
  return true;
}

bool none_sees(const virtual_cluster& x, const std::string& service) {
  for (size_t i = 0; i < x.size(); ++i)
    if (x.up(i) && !x.look_up(i, service).versions.empty())
      return false;
  return true;
}

service_record large(size_t endpoints, size_t nodes = 1) {
  service_record result{"large", "latest", {}, {}, {}};
  for (size_t i = 0; i < endpoints; ++i)
    result.endpoints.push_back({"Large.Method" + std::to_string(i),
                                {"Request" + std::to_string(i), "Request", {}},
                                {"Response" + std::to_string(i), "Response", {}},
                                {}});
  for (size_t i = 0; i < nodes; ++i)
    result.nodes.push_back({"large-" + std::to_string(100 + i), "10.1.1.1:1", {}});
  return result;
}

} // namespace

CAF_TEST(a change reaches fifty members with five percent loss within two seconds) {
  virtual_cluster x{sized(50, 0.05)};
  x.run(10s);
  CAF_REQUIRE(x.complete());
  CAF_CHECK(x.add(17, greeter(), 30s));
  CAF_CHECK(x.run_until([&] { return all_see(x, greeter()); }, 2s));
  x.remove(17, greeter());
  CAF_CHECK(x.run_until([&] { return none_sees(x, "greeter"); }, 2s));
}

CAF_TEST(a newcomer knows everything as soon as it joined) {
  virtual_cluster x{sized(5)};
  x.run(2s);
  CAF_CHECK(x.add(3, greeter(), 30s));
  x.run(2s);
  x.kill(4);
  x.restart(4);
  CAF_CHECK(!x.at(4).settled(x.moment()));
  CAF_CHECK(x.run_until([&] { return x.at(4).settled(x.moment()); }, 1s));
  CAF_CHECK(sees(x, 4, greeter()));
}

CAF_TEST(a registration larger than a datagram still arrives) {
  virtual_cluster x{sized(10, 0.05)};
  x.run(2s);
  auto record = large(400);
  CAF_CHECK_GREATER(to_json(record).size(), 50'000u);
  CAF_CHECK(x.add(2, record, 30s));
  CAF_CHECK(x.run_until([&] { return all_see(x, record); }, 1s));
  x.remove(2, record);
  CAF_CHECK(x.run_until([&] { return none_sees(x, "large"); }, 2s));
}

CAF_TEST(many nodes of one registration come together) {
  virtual_cluster x{sized(3)};
  x.run(2s);
  auto record = large(100, 200);
  CAF_CHECK(x.add(0, record, 30s));
  CAF_CHECK(x.run_until([&] { return all_see(x, record); }, 1s));
}

CAF_TEST(a lease ends everywhere if it is not renewed) {
  virtual_cluster x{sized(3)};
  x.run(2s);
  CAF_CHECK(x.add(0, greeter(), 5s));
  x.run(3s);
  CAF_CHECK(all_see(x, greeter()));
  CAF_CHECK(x.add(0, greeter(), 5s));
  x.run(4s);
  CAF_CHECK(all_see(x, greeter()));
  x.run(1'500ms);
  CAF_CHECK(none_sees(x, "greeter"));
}

CAF_TEST(a node without a lease stays as long as its process) {
  virtual_cluster x{sized(3)};
  x.run(2s);
  CAF_CHECK(x.add(1, greeter(), 0s));
  x.run(600s);
  CAF_CHECK(all_see(x, greeter()));
}

CAF_TEST(services of a dead member vanish when it is found dead) {
  virtual_cluster x{sized(10)};
  x.run(5s);
  CAF_CHECK(x.add(4, greeter(), 3'600s));
  x.run(2s);
  CAF_CHECK(all_see(x, greeter()));
  x.kill(4);
  CAF_CHECK(x.run_until([&] { return none_sees(x, "greeter"); }, 30s));
}

CAF_TEST(services of a member that leaves vanish at once) {
  virtual_cluster x{sized(10)};
  x.run(5s);
  CAF_CHECK(x.add(4, greeter(), 3'600s));
  x.run(2s);
  x.stop(4);
  CAF_CHECK(x.run_until([&] { return none_sees(x, "greeter"); }, 200ms));
}

CAF_TEST(who is cut off keeps what it knew and says so) {
  virtual_cluster x{sized(6)};
  x.run(5s);
  CAF_CHECK(x.add(1, greeter(), 3'600s));
  x.run(2s);
  x.reachable = [](size_t from, size_t to) { return from != 5 && to != 5; };
  x.run(120s);
  CAF_CHECK_EQUAL(x.at(5).members().others(), 0u);
  auto found = x.look_up(5, "greeter");
  CAF_CHECK_EQUAL(found.versions.size(), 1u);
  CAF_REQUIRE(found.stale_for);
  CAF_CHECK(*found.stale_for > 10s && *found.stale_for < 120s);
  CAF_CHECK(x.at(5).doubt().reason == errc::unavailable);
  CAF_CHECK(!x.look_up(0, "greeter").stale_for);
  x.reachable = {};
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 60s));
  CAF_CHECK(!x.look_up(5, "greeter").stale_for);
  CAF_CHECK(!x.at(5).doubt());
  CAF_CHECK(sees(x, 5, greeter()));
}

CAF_TEST(services come back with a member that was only thought dead) {
  virtual_cluster x{sized(8)};
  x.run(5s);
  CAF_CHECK(x.add(3, greeter(), 3'600s));
  x.run(2s);
  x.reachable = [](size_t from, size_t to) { return (from == 3) == (to == 3); };
  CAF_CHECK(x.run_until([&] { return x.look_up(0, "greeter").versions.empty(); }, 40s));
  x.reachable = {};
  CAF_CHECK(x.run_until([&] { return all_see(x, greeter()); }, 60s));
}

CAF_TEST(a late copy of a registration brings no node back) {
  virtual_cluster x{sized(3)};
  std::vector<std::string> copies;
  x.run(2s);
  x.tap = [&](size_t from, size_t to, const std::string& bytes) {
    if (from == 1 && to == 0)
      copies.push_back(bytes);
  };
  CAF_CHECK(x.add(1, greeter(), 60s));
  x.run(2s);
  x.remove(1, greeter());
  x.run(1s);
  for (auto& bytes : copies)
    x.inject(0, bytes, "10.0.0.2:7946");
  CAF_CHECK(none_sees(x, "greeter"));
  CAF_CHECK(x.add(1, greeter(), 60s));
  CAF_CHECK(x.run_until([&] { return all_see(x, greeter()); }, 1s));
  for (auto& bytes : copies)
    x.inject(0, bytes, "10.0.0.2:7946");
  x.run(1s);
  CAF_CHECK(all_see(x, greeter()));
}

CAF_TEST(a node that somebody else deregisters comes back) {
  virtual_cluster x{sized(3)};
  x.run(2s);
  CAF_CHECK(x.add(1, greeter(), 600s));
  x.run(1s);
  x.remove(2, greeter());
  CAF_CHECK(x.run_until([&] { return all_see(x, greeter()); }, 4s));
  x.run(5s);
  CAF_CHECK(all_see(x, greeter()));
}

CAF_TEST(a wall clock that jumps changes nothing that is known) {
  virtual_cluster x{sized(3)};
  x.run(2s);
  CAF_CHECK(x.add(1, greeter(), 60s));
  x.run(1s);
  for (auto jump : {std::chrono::nanoseconds{-24h}, std::chrono::nanoseconds{48h}}) {
    x.wall_shift += jump;
    x.run(5s);
    CAF_CHECK(all_see(x, greeter()));
    // Renewals count as well.
    auto renewed = greeter();
    renewed.nodes[0].metadata["jump"] = std::to_string(jump.count());
    CAF_CHECK(x.add(1, renewed, 60s));
    CAF_CHECK(x.run_until([&] { return all_see(x, renewed); }, 2s));
    CAF_CHECK(x.add(1, greeter(), 60s));
    x.run(2s);
  }
}

CAF_TEST(services beyond the limit are refused) {
  auto options = sized(2);
  options.swim.wire.limits.services = 3;
  options.swim.wire.limits.nodes_per_service = 2;
  virtual_cluster x{options};
  x.run(2s);
  for (auto name : {"a", "b", "c"})
    CAF_CHECK(x.add(0, greeter(name, "1"), 60s));
  auto refused = x.add(0, greeter("d", "1"), 60s);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().reason == errc::limit_exceeded);
  CAF_CHECK(x.add(0, greeter("a", "2"), 60s));
  CAF_CHECK(!x.add(0, greeter("a", "3"), 60s));
  x.run(2s);
  CAF_CHECK_EQUAL(x.at(1).records().list().size(), 3u);
}
