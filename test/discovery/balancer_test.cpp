#define CAF_SUITE balancer

#include "mica/discovery/balancer.hpp"

#include <caf/test/unit_test.hpp>

#include <map>
#include <string>

using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

constexpr auto begin_time = mica::discovery::time_point{} + 1h;

snapshot nodes_of(const std::vector<std::string>& ids) {
  snapshot result{"s", {{"s", "1", {}, {}, {}}}, std::nullopt};
  for (const auto& id : ids)
    result.versions[0].nodes.push_back({id, id + ":80", {}});
  return result;
}

std::vector<std::string> numbered(size_t count) {
  std::vector<std::string> result;
  for (size_t i = 0; i < count; ++i)
    result.push_back("n" + std::to_string(1000 + i));
  return result;
}

struct world {
  explicit world(std::string_view by, balancer_options options = {})
    : nodes(make_strategy(by, 1), std::move(options)) {
    // nop
  }

  void list(const std::vector<std::string>& ids) {
    nodes.update(nodes_of(ids), now);
  }

  candidate& at(const std::string& id) {
    for (const auto& x : nodes.nodes())
      if (x->where->id == id)
        return *x;
    CAF_FAIL("no node " << id);
  }

  void call(candidate& x, call_result result, std::chrono::nanoseconds latency = 1ms) {
    nodes.begin(x, now);
    nodes.end(x, latency, result, now);
  }

  void fail(const std::string& id, int times = 1) {
    for (auto i = 0; i < times; ++i)
      call(at(id), call_result::failure);
  }

  std::map<std::string, int> picks(int count, std::string_view key = {}) {
    std::map<std::string, int> result;
    for (auto i = 0; i < count; ++i)
      ++result[nodes.pick({key, {}, {}}, now)->where->id];
    return result;
  }

  balancer nodes;
  time_point now = begin_time;
};

// Shares of 10,000 keys.
std::map<std::string, std::string> owners(world& w) {
  std::map<std::string, std::string> result;
  for (auto i = 0; i < 10'000; ++i) {
    auto key = "user-" + std::to_string(i);
    result[key] = w.nodes.pick({key, {}, {}}, w.now)->where->id;
  }
  return result;
}

} // namespace

// -- outliers -------------------------------------------------------------------

CAF_TEST(five failures in a row eject a node for half a minute) {
  world w{"random"};
  w.list({"a", "b", "c"});
  w.fail("a", 4);
  w.call(w.at("a"), call_result::success);
  w.fail("a", 4);
  CAF_CHECK_EQUAL(w.picks(300).count("a"), 1u);
  w.fail("a");
  CAF_CHECK_EQUAL(w.picks(300).count("a"), 0u);
  w.now += 30s - 1ns;
  CAF_CHECK_EQUAL(w.picks(300).count("a"), 0u);
  w.now += 1ns;
  CAF_CHECK_EQUAL(w.picks(300).count("a"), 1u);
}

CAF_TEST(each ejection is longer than the one before up to five minutes) {
  world w{"random"};
  w.list({"a", "b"});
  for (auto times : {1, 2, 3, 10, 10}) {
    while (w.at("a").outlier.ejections + 1 < static_cast<uint32_t>(times))
      w.at("a").outlier.ejections++;
    w.at("a").outlier.ejections = static_cast<uint32_t>(times - 1);
    w.fail("a", 5);
    auto out = w.at("a").outlier.ejected_until - w.now;
    CAF_CHECK(out == std::min<std::chrono::nanoseconds>(30s * times, 300s));
    w.now = w.at("a").outlier.ejected_until;
  }
}

CAF_TEST(a node that does well for an interval is forgiven one ejection) {
  world w{"random"};
  w.list({"a", "b"});
  w.fail("a", 5);
  CAF_CHECK_EQUAL(w.at("a").outlier.ejections, 1u);
  w.now += 41s;
  w.call(w.at("a"), call_result::success);
  CAF_CHECK_EQUAL(w.at("a").outlier.ejections, 0u);
}

CAF_TEST(a tenth of the nodes may be out and one always) {
  world few{"random"};
  few.list({"a", "b", "c"});
  few.fail("a", 5);
  few.fail("b", 5);
  auto seen = few.picks(300);
  CAF_CHECK_EQUAL(seen.count("a"), 0u);
  CAF_CHECK_EQUAL(seen.count("b"), 1u);
  world many{"random"};
  auto ids = numbered(20);
  many.list(ids);
  for (const auto& id : ids)
    many.fail(id, 5);
  auto out = 0;
  for (const auto& x : many.nodes.nodes())
    out += x->available_at > many.now ? 1 : 0;
  CAF_CHECK_EQUAL(out, 2);
}

CAF_TEST(the only node is never out) {
  world w{"random"};
  w.list({"a"});
  w.fail("a", 100);
  CAF_CHECK(w.at("a").available_at <= w.now);
}

CAF_TEST(a node whose success rate stands out is ejected at the end of an interval) {
  world w{"random"};
  auto ids = numbered(10);
  w.list(ids);
  for (auto i = 0; i < 200; ++i)
    for (const auto& id : ids)
      w.call(w.at(id),
             id == "n1003" && i % 3 == 0 ? call_result::failure : call_result::success);
  CAF_CHECK(w.at("n1003").available_at <= w.now);
  w.now += 10s;
  w.call(w.at("n1000"), call_result::success);
  for (const auto& id : ids)
    CAF_CHECK_EQUAL(w.at(id).available_at > w.now, id == "n1003");
}

// -- nodes that are away --------------------------------------------------------

CAF_TEST(a node that can not be reached is left alone and then tried by one call) {
  world w{"random"};
  w.list({"a", "b"});
  w.call(w.at("a"), call_result::unreachable);
  CAF_CHECK_EQUAL(w.picks(100).count("a"), 0u);
  w.now += 1s;
  CAF_CHECK_EQUAL(w.picks(100).count("a"), 1u);
  w.nodes.begin(w.at("a"), w.now);
  CAF_CHECK_EQUAL(w.picks(100).count("a"), 0u);
  w.nodes.end(w.at("a"), 1ms, call_result::success, w.now);
  CAF_CHECK_EQUAL(w.picks(100).count("a"), 1u);
}

CAF_TEST(failures of the same moment count once) {
  world w{"random"};
  w.list({"a", "b"});
  for (auto i = 0; i < 3; ++i)
    w.nodes.begin(w.at("a"), w.now);
  w.now += 5ms;
  for (auto i = 0; i < 3; ++i)
    w.nodes.end(w.at("a"), 5ms, call_result::unreachable, w.now);
  CAF_CHECK(w.at("a").available_at == w.now + 1s);
}

CAF_TEST(nodes that are out are better than none) {
  world w{"random"};
  w.list({"a", "b"});
  w.call(w.at("a"), call_result::unreachable);
  w.call(w.at("b"), call_result::unreachable);
  CAF_CHECK_EQUAL(w.picks(100).size(), 2u);
  std::vector<std::string> tried{"a:80"};
  CAF_CHECK_EQUAL(w.nodes.pick({{}, {}, tried}, w.now)->where->id, "b");
}

CAF_TEST(what is known of a node stays as long as the node) {
  world w{"random"};
  w.list({"a", "b"});
  w.call(w.at("a"), call_result::unreachable);
  w.list({"a", "b", "c"});
  CAF_CHECK_EQUAL(w.at("a").unreachable, 1u);
  auto kept = w.nodes.nodes()[0];
  w.nodes.begin(*kept, w.now);
  w.list({"b", "c"});
  CAF_CHECK(kept->where == nullptr);
  w.nodes.end(*kept, 1ms, call_result::failure, w.now);
  // One with the same name that comes later is another process.
  w.list({"a", "b", "c"});
  CAF_CHECK_EQUAL(w.at("a").unreachable, 0u);
}

CAF_TEST(a node that outlives its balancer has left the snapshot) {
  balancer::node_ptr kept;
  {
    world x{"random"};
    x.list({"a"});
    kept = x.nodes.pick({}, x.now);
    CAF_REQUIRE(kept != nullptr);
  }
  CAF_CHECK(kept->where == nullptr);
  CAF_CHECK(kept->version == nullptr);
}

CAF_TEST(filters of the client hide nodes from all calls) {
  balancer_options options;
  options.filters = {[](const candidate& x) { return x.where->id != "a"; }};
  world w{"random", options};
  w.list({"a", "b"});
  CAF_CHECK_EQUAL(w.picks(50).count("a"), 0u);
}

CAF_TEST(a node that joins others is warmed up) {
  for (const auto* by : {"random", "roundrobin", "p2c"}) {
    balancer_options options;
    options.slow_start_window = 100s;
    world w{by, options};
    w.list({"a", "b"});
    w.list({"a", "b", "c"});
    auto share = [&] { return w.picks(6'000)["c"] / 20; };
    CAF_CHECK_LESS(share(), 60);
    CAF_CHECK_GREATER(share(), 5);
    w.now += 50s;
    CAF_CHECK_LESS(share(), 80);
    w.now += 50s;
    CAF_CHECK_GREATER(share(), 90);
  }
}

// -- p2c ------------------------------------------------------------------------

CAF_TEST(a node that becomes twenty times slower gets less than 5 percent at once) {
  world w{"p2c"};
  w.list({"a", "b", "c"});
  std::map<std::string, int> counts;
  std::multimap<time_point, std::pair<balancer::node_ptr, std::chrono::nanoseconds>>
      open;
  // 3000 calls a second to nodes that take 1 ms each.
  auto run = [&](std::chrono::nanoseconds time, std::chrono::nanoseconds of_a) {
    counts.clear();
    for (auto end = w.now + time; w.now < end; w.now += 333us) {
      while (!open.empty() && open.begin()->first <= w.now) {
        auto [node, latency] = open.begin()->second;
        w.nodes.end(*node, latency, call_result::success, open.begin()->first);
        open.erase(open.begin());
      }
      auto node = w.nodes.pick({}, w.now);
      auto latency = node->where->id == "a" ? of_a : 1ms;
      w.nodes.begin(*node, w.now);
      ++counts[node->where->id];
      open.emplace(w.now + latency, std::pair{node, latency});
    }
    return 100.0 * counts["a"] / (counts["a"] + counts["b"] + counts["c"]);
  };
  CAF_CHECK_GREATER(run(1s, 1ms), 20.0);
  CAF_CHECK_LESS(run(1s, 20ms), 5.0);
  // It is found out again when it has recovered.
  run(60s, 1ms);
  CAF_CHECK_GREATER(run(1s, 1ms), 20.0);
}

CAF_TEST(a node that fails at once does not look fast) {
  balancer_options options;
  options.outlier.consecutive_5xx = 0;
  world w{"p2c", options};
  w.list({"a", "b"});
  for (auto i = 0; i < 20; ++i) {
    w.call(w.at("a"), call_result::success, 10ms);
    w.call(w.at("b"), call_result::success, 10ms);
  }
  w.call(w.at("a"), call_result::failure, 10us);
  CAF_CHECK_EQUAL(w.picks(100).count("a"), 0u);
}

CAF_TEST(an unknown node gets one call until it has answered) {
  world w{"p2c"};
  w.list({"a", "b"});
  w.call(w.at("a"), call_result::success);
  CAF_CHECK_EQUAL(w.picks(50).count("a"), 0u);
  w.nodes.begin(w.at("b"), w.now);
  CAF_CHECK_EQUAL(w.picks(50).count("b"), 0u);
}

// -- hash -----------------------------------------------------------------------

CAF_TEST(a key has its node in every process) {
  world one{"hash"};
  one.list(numbered(10));
  balancer two{hash_strategy(99), {}};
  two.update(nodes_of({"x"}), begin_time);
  two.update(nodes_of(numbered(10)), begin_time);
  for (const auto& [key, owner] : owners(one))
    CAF_CHECK_EQUAL(two.pick({key, {}, {}}, begin_time)->where->id, owner);
}

CAF_TEST(keys are spread over all nodes) {
  world w{"hash"};
  w.list(numbered(10));
  std::map<std::string, int> shares;
  for (const auto& [key, owner] : owners(w))
    ++shares[owner];
  CAF_CHECK_EQUAL(shares.size(), 10u);
  for (const auto& [id, count] : shares) {
    CAF_CHECK_GREATER(count, 500);
    CAF_CHECK_LESS(count, 1'600);
  }
}

CAF_TEST(a node that comes or goes moves its own share alone) {
  world w{"hash"};
  auto ids = numbered(10);
  w.list(ids);
  auto before = owners(w);
  ids.erase(ids.begin() + 4);
  w.list(ids);
  auto without = owners(w);
  for (const auto& [key, owner] : before)
    if (owner != "n1004")
      CAF_CHECK_EQUAL(without[key], owner);
  w.list(numbered(10));
  CAF_CHECK(owners(w) == before);
}

CAF_TEST(a popular key overflows to others) {
  world w{"hash"};
  w.list(numbered(4));
  for (auto i = 0; i < 100; ++i)
    w.nodes.begin(*w.nodes.pick({"popular", {}, {}}, w.now), w.now);
  for (const auto& x : w.nodes.nodes())
    CAF_CHECK_LESS(x->in_flight, 33u);
}

CAF_TEST(a key finds the one node that passes out of a thousand) {
  world w{"hash"};
  w.list(numbered(1'000));
  std::vector<filter> only{[](const candidate& x) { return x.where->id == "n1777"; }};
  for (const auto* key : {"a", "b", "c", "d"})
    CAF_CHECK_EQUAL(w.nodes.pick({key, only, {}}, w.now)->where->id, "n1777");
}
