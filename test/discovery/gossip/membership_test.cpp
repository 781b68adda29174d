#define CAF_SUITE gossip.membership

#include "virtual_cluster.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using kind = gossip::member_event::kind;

cluster_options sized(size_t n, double loss = 0) {
  cluster_options result;
  result.size = n;
  result.loss = loss;
  result.swim.wire.compress = false;
  return result;
}

size_t count(const virtual_cluster& x, kind what) {
  return static_cast<size_t>(
      std::count_if(x.log.begin(), x.log.end(),
                    [&](const noticed& n) { return n.event.what == what; }));
}

gossip::member_state state_of(const virtual_cluster& x, size_t observer,
                              const std::string& name) {
  auto found = x.at(observer).members().members().find(name);
  return found ? found->state : gossip::member_state::left;
}

} // namespace

CAF_TEST(three members find each other through one seed) {
  virtual_cluster x{sized(3)};
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 2s));
}

CAF_TEST(two hundred members find each other through one seed) {
  virtual_cluster x{sized(200, 0.05)};
  CAF_CHECK(x.run_until([&] { return x.now() > 2s && x.complete(); }, 20s));
  CAF_CHECK_EQUAL(count(x, kind::died), 0u);
}

CAF_TEST(nobody is suspected while nothing is lost) {
  virtual_cluster x{sized(20)};
  x.run(60s);
  CAF_CHECK(x.complete());
  CAF_CHECK_EQUAL(count(x, kind::died), 0u);
  CAF_CHECK_EQUAL(x.at(3).members().health_score(), 0);
}

CAF_TEST(a killed member is dead to all within its suspicion time) {
  virtual_cluster x{sized(20)};
  x.run(5s);
  auto name = x.name(7);
  x.kill(7);
  // A round of probes, the shortest suspicion with confirmations up to the longest
  // without: 4 * lg(20) s, at most six times that.
  auto all_know = [&] {
    for (size_t i = 0; i < x.size(); ++i)
      if (i != 7 && state_of(x, i, name) != gossip::member_state::dead)
        return false;
    return true;
  };
  CAF_CHECK(x.run_until(all_know, 30s));
  CAF_CHECK_EQUAL(count(x, kind::died), 19u);
  CAF_CHECK_EQUAL(count(x, kind::left), 0u);
}

CAF_TEST(a member that leaves is known to have left at once) {
  virtual_cluster x{sized(20)};
  x.run(5s);
  x.stop(7);
  x.run(100ms);
  CAF_CHECK_EQUAL(count(x, kind::left), 19u);
  x.run(60s);
  CAF_CHECK_EQUAL(count(x, kind::died), 0u);
  CAF_CHECK(x.complete());
}

CAF_TEST(a dead member is forgotten) {
  virtual_cluster x{sized(5)};
  x.run(5s);
  x.kill(4);
  x.run(120s);
  for (size_t i = 0; i < 4; ++i)
    CAF_CHECK_EQUAL(x.at(i).members().members().size(), 4u);
}

CAF_TEST(a restarted member is found under its new name) {
  virtual_cluster x{sized(5)};
  x.run(5s);
  x.kill(4);
  x.run(1s);
  x.restart(4);
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 40s));
}

CAF_TEST(a suspect that lives objects) {
  virtual_cluster x{sized(5)};
  x.run(5s);
  auto before = x.at(2).members().members().find(x.name(2))->incarnation;
  gossip::wire_options plain;
  auto accusation = gossip::pack(
      {gossip::write(gossip::suspect{before, x.name(2), "somebody"})}, true, plain);
  x.inject(0, *accusation, "10.0.0.99:7946");
  CAF_CHECK(state_of(x, 0, x.name(2)) == gossip::member_state::suspect);
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 3s));
  CAF_CHECK_EQUAL(count(x, kind::died), 0u);
  CAF_CHECK_GREATER(x.at(0).members().members().find(x.name(2))->incarnation, before);
}

CAF_TEST(a member whose datagrams go one way only is probed through others) {
  virtual_cluster x{sized(5)};
  x.run(5s);
  x.reachable = [](size_t from, size_t to) { return !(from == 0 && to == 1); };
  x.run(60s);
  CAF_CHECK_EQUAL(count(x, kind::died), 0u);
}

CAF_TEST(a member that loses all datagrams is reached by streams) {
  virtual_cluster x{sized(2, 1.0)};
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 5s));
  x.run(60s);
  CAF_CHECK(x.complete());
  CAF_CHECK_EQUAL(count(x, kind::died), 0u);
}

CAF_TEST(halves of a cluster that broke apart grow together again) {
  virtual_cluster x{sized(10)};
  x.run(5s);
  CAF_REQUIRE(x.complete());
  x.reachable = [](size_t from, size_t to) { return (from < 5) == (to < 5); };
  x.run(180s);
  for (size_t i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(x.at(i).members().others(), 4u);
  x.reachable = {};
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 90s));
}

CAF_TEST(a member that hears nothing blames itself before others) {
  virtual_cluster x{sized(10)};
  x.run(5s);
  x.streams = false;
  x.reachable = [](size_t, size_t to) { return to != 3; };
  x.run(15s);
  CAF_CHECK_GREATER(x.at(3).members().health_score(), 3);
  CAF_CHECK_LESS(x.at(4).members().health_score(), 3);
}

CAF_TEST(versions that nobody shares are refused as a whole) {
  gossip::push_pull state;
  state.join = true;
  std::string addr("\x0a\0\0\x09", 4);
  state.nodes.push_back(
      {"new", addr, 1, {}, 1, gossip::member_state::alive, {6, 9, 7}});
  state.nodes.push_back(
      {"old", addr, 2, {}, 1, gossip::member_state::alive, gossip::own_versions});
  gossip::membership m{[] {
                         gossip::swim_options o;
                         o.name = "me";
                         o.advertise = {*discovery::mdns::parse_ip("10.0.0.1"), 1, 0};
                         return o;
                       }(),
                       gossip::time_point{1h}};
  gossip::swim_outcome out;
  auto merged = m.merge(state.nodes, gossip::time_point{1h}, out);
  CAF_REQUIRE(!merged);
  CAF_CHECK(merged.error().reason == errc::conflict);
  CAF_CHECK_EQUAL(m.members().size(), 1u);
  state.nodes.erase(state.nodes.begin());
  CAF_CHECK(m.merge(state.nodes, gossip::time_point{1h}, out));
  CAF_CHECK_EQUAL(m.members().size(), 2u);
}

CAF_TEST(a name stays with its address until its bearer left) {
  virtual_cluster x{sized(3)};
  x.run(5s);
  auto claim = x.at(1).members().members().find(x.name(2))->to_alive();
  claim.incarnation += 5;
  claim.port = 9;
  gossip::wire_options plain;
  auto bytes = *gossip::pack({gossip::write(claim)}, true, plain);
  x.inject(1, bytes, "10.0.0.99:7946");
  CAF_CHECK_EQUAL(x.at(1).members().members().find(x.name(2))->port, 7'946);
  CAF_CHECK_EQUAL(x.at(1).members().counters().refused, 1u);
}

CAF_TEST(members beyond the limit are not taken) {
  auto options = sized(3);
  options.swim.wire.limits.members = 2;
  virtual_cluster x{options};
  x.run(5s);
  for (size_t i = 0; i < 3; ++i)
    CAF_CHECK_LESS_OR_EQUAL(x.at(i).members().members().size(), 2u);
  CAF_CHECK_GREATER(x.at(0).members().counters().refused, 0u);
}

CAF_TEST(an answer to a stranger carries nothing else) {
  virtual_cluster x{sized(2)};
  x.run(5s);
  CAF_CHECK(x.add(0, greeter(), 30s));
  gossip::wire_options plain;
  gossip::ping question{77, {}, {std::string("\x0a\0\0\x02", 4), 7'946, "member-9"}};
  // The claimed origin is not a member's: the answer goes to the real one.
  gossip::outcome out;
  std::string why;
  x.at(0).receive(*gossip::pack({gossip::write(question)}, false, plain),
                  *discovery::mdns::parse_host_port("10.0.0.99:5", why), x.moment(),
                  out);
  CAF_REQUIRE_EQUAL(out.packets.size(), 1u);
  CAF_CHECK_EQUAL(to_string(out.packets[0].to), "10.0.0.99:5");
  CAF_CHECK_EQUAL(out.packets[0].bytes, gossip::write(gossip::ack{77}));
}

CAF_TEST(pings for others are bounded) {
  auto options = sized(2);
  options.swim.wire.limits.relays = 4;
  virtual_cluster x{options};
  x.run(5s);
  gossip::wire_options plain;
  gossip::outcome out;
  std::string why;
  auto from = *discovery::mdns::parse_host_port("10.0.0.99:5", why);
  for (uint32_t i = 0; i < 10; ++i) {
    gossip::indirect_ping x1{i, std::string("\x0a\0\0\x63", 4), 9, "x", true, {}};
    x.at(0).receive(*gossip::pack({gossip::write(x1)}, false, plain), from, x.moment(),
                    out);
  }
  CAF_CHECK_EQUAL(out.packets.size(), 4u);
}

CAF_TEST(members with a key talk and strangers are not heard) {
  auto options = sized(3);
  options.swim.wire.keys = *gossip::keyring::make({"0123456789abcdef"});
  virtual_cluster x{options};
  CAF_CHECK(x.run_until([&] { return x.complete(); }, 3s));
  gossip::wire_options plain;
  auto bytes = *gossip::pack({gossip::write(gossip::dead{9, x.name(2), "somebody"})},
                             true, plain);
  x.inject(0, bytes, "10.0.0.99:7946");
  gossip::wire_options wrong;
  wrong.keys = *gossip::keyring::make({"fedcba9876543210"});
  x.inject(0,
           *gossip::pack({gossip::write(gossip::dead{9, x.name(2), "somebody"})}, true,
                         wrong),
           "10.0.0.99:7946");
  CAF_CHECK(state_of(x, 0, x.name(2)) == gossip::member_state::alive);
  CAF_CHECK_EQUAL(x.at(0).members().counters().strangers, 2u);
}

CAF_TEST(datagrams that are replayed change nothing) {
  auto options = sized(3);
  options.swim.wire.keys = *gossip::keyring::make({"0123456789abcdef"});
  virtual_cluster x{options};
  std::vector<std::string> recorded;
  x.tap = [&](size_t, size_t to, const std::string& bytes) {
    if (to == 0)
      recorded.push_back(bytes);
  };
  x.run(5s);
  auto record = greeter();
  CAF_CHECK(x.add(1, record, 30s));
  x.run(2s);
  x.remove(1, record);
  x.run(2s);
  CAF_CHECK(x.look_up(0, "greeter").versions.empty());
  x.kill(2);
  x.run(40s);
  CAF_CHECK(state_of(x, 0, x.name(2)) != gossip::member_state::alive);
  auto all = recorded;
  CAF_REQUIRE_GREATER(all.size(), 10u);
  for (auto shift : {0s, 50s, 200s, 2'000s}) {
    x.run(shift);
    for (auto& bytes : all)
      x.inject(0, bytes, "10.0.0.99:7946");
    CAF_CHECK(x.look_up(0, "greeter").versions.empty());
  }
}
