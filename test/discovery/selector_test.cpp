#define CAF_SUITE selector

#include "mica/discovery/balancer.hpp"
#include "mica/discovery/selector.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace mica::discovery;

namespace {

using strings = std::vector<std::string>;

node at(const std::string& id, labels metadata = {}) {
  return {id, "10.0.0.1:" + std::to_string(1000 + id.back()), std::move(metadata)};
}

snapshot one_version(const std::vector<std::string>& ids) {
  snapshot result{"s", {{"s", "1", {}, {}, {}}}, std::nullopt};
  for (const auto& id : ids)
    result.versions[0].nodes.push_back(at(id));
  return result;
}

snapshot two_versions() {
  return {
      "s",
      {{"s", "1", {}, {{"A.Old", {}, {}, {}}}, {at("a"), at("c", {{"zone", "x"}})}},
       {"s", "2", {}, {{"A.New", {}, {}, {}}}, {at("b", {{"zone", "x"}}), at("d")}}},
      std::nullopt};
}

constexpr auto start = mica::discovery::time_point{} + std::chrono::hours{1};

// The nodes of a snapshot, seen by a strategy that the test keeps.
struct world {
  explicit world(snapshot from) : nodes(random_strategy(1), {}) {
    nodes.update(std::move(from), start);
  }

  choice all() const {
    return {nodes.nodes(), start};
  }

  balancer nodes;
};

strings filtered(const snapshot& from, std::vector<filter> filters,
                 strings tried = {}) {
  world w{from};
  std::set<std::string> seen;
  for (auto i = 0; i < 100; ++i)
    if (auto node = w.nodes.pick({{}, filters, tried}, start))
      seen.insert(node->version->version + node->where->id);
  strings result;
  for (const auto& x : seen)
    result.push_back(x.substr(1));
  return result;
}

snapshot ten_nodes() {
  strings names;
  for (char c = 'a'; c < 'a' + 10; ++c)
    names.emplace_back(1, c);
  return one_version(names);
}

double chi_square(const std::vector<size_t>& counts) {
  double total = 0;
  for (auto x : counts)
    total += static_cast<double>(x);
  auto expected = total / static_cast<double>(counts.size());
  double result = 0;
  for (auto x : counts) {
    auto off = static_cast<double>(x) - expected;
    result += off * off / expected;
  }
  return result;
}

// Node ids in the order in which a strategy picks them.
strings picks(strategy& by, const snapshot& what, size_t count) {
  world w{what};
  auto from = w.all();
  by.update(from.nodes, start);
  strings result;
  while (result.size() < count)
    result.push_back(from[by.pick(from)].where->id);
  return result;
}

} // namespace

CAF_TEST(random picks every node equally often) {
  world w{ten_nodes()};
  auto xs = w.all();
  for (uint64_t seed : {1u, 2u, 3u, 4'000'000'000u}) {
    auto random = random_strategy(seed);
    std::vector<size_t> counts(xs.size());
    for (auto i = 0; i < 100'000; ++i)
      ++counts[random->pick(xs)];
    // 9 degrees of freedom: 27.88 is exceeded by one in a thousand, 1.15 is not
    // reached by as many: picks that are too even are no random ones either.
    CAF_CHECK_LESS(chi_square(counts), 27.88);
    CAF_CHECK_GREATER(chi_square(counts), 1.15);
  }
}

CAF_TEST(random picks do not depend on the pick before) {
  world w{ten_nodes()};
  auto xs = w.all();
  auto random = random_strategy(7);
  std::vector<size_t> pairs(100);
  auto last = random->pick(xs);
  for (auto i = 0; i < 200'000; ++i) {
    auto next = random->pick(xs);
    ++pairs[last * 10 + next];
    last = next;
  }
  // 99 degrees of freedom, one in a thousand at either end.
  CAF_CHECK_LESS(chi_square(pairs), 148.2);
  CAF_CHECK_GREATER(chi_square(pairs), 60.0);
}

CAF_TEST(clients with different seeds pick differently) {
  auto from = ten_nodes();
  std::set<strings> sequences;
  for (uint64_t seed = 0; seed < 20; ++seed)
    sequences.insert(picks(*random_strategy(seed), from, 8));
  CAF_CHECK_EQUAL(sequences.size(), 20u);
  CAF_CHECK(picks(*random_strategy(5), from, 50)
            == picks(*random_strategy(5), from, 50));
}

CAF_TEST(round robin takes one node after the other) {
  auto from = one_version({"a", "b", "c"});
  auto next = round_robin_strategy(1);
  auto seen = picks(*next, from, 9);
  for (size_t i = 0; i + 3 < seen.size(); ++i)
    CAF_CHECK_EQUAL(seen[i], seen[i + 3]);
  CAF_CHECK_EQUAL(std::set<std::string>(seen.begin(), seen.begin() + 3).size(), 3u);
  for (size_t i = 0; i + 1 < seen.size(); ++i)
    CAF_CHECK(seen[i] < seen[i + 1] || (seen[i] == "c" && seen[i + 1] == "a"));
}

CAF_TEST(round robin starts anywhere) {
  auto from = ten_nodes();
  std::map<std::string, size_t> starts;
  for (uint64_t seed = 0; seed < 1'000; ++seed)
    ++starts[picks(*round_robin_strategy(seed), from, 1)[0]];
  CAF_CHECK_EQUAL(starts.size(), 10u);
  for (const auto& x : starts)
    CAF_CHECK_GREATER(x.second, 50u);
}

CAF_TEST(round robin goes on where it was when the list changes) {
  auto next = round_robin_strategy(1);
  auto from = one_version({"a", "b", "c", "d"});
  while (picks(*next, from, 1)[0] != "b")
    ; // until the next one would be c
  CAF_CHECK_EQUAL(picks(*next, one_version({"a", "c", "d"}), 1), strings{"c"});
  CAF_CHECK_EQUAL(picks(*next, one_version({"a", "b", "d"}), 1), strings{"d"});
  CAF_CHECK_EQUAL(picks(*next, one_version({"a", "b", "c", "e"}), 2),
                  (strings{"e", "a"}));
  CAF_CHECK_EQUAL(picks(*next, one_version({"z"}), 2), (strings{"z", "z"}));
}

CAF_TEST(round robin passes over versions too) {
  auto next = round_robin_strategy(3);
  auto seen = picks(*next, two_versions(), 4);
  std::rotate(seen.begin(), std::find(seen.begin(), seen.end(), "a"), seen.end());
  CAF_CHECK_EQUAL(seen, (strings{"a", "c", "b", "d"}));
}

CAF_TEST(strategies have the names of Go Micro) {
  auto from = one_version({"a", "b", "c"});
  auto first = make_strategy("roundrobin", 1);
  auto second = make_strategy("random", 1);
  CAF_REQUIRE(first && second);
  CAF_CHECK_EQUAL(picks(*first, from, 20), picks(*round_robin_strategy(1), from, 20));
  CAF_CHECK_EQUAL(picks(*second, from, 20), picks(*random_strategy(1), from, 20));
  CAF_CHECK(make_strategy("Random", 1) == nullptr);
  CAF_CHECK(make_strategy("", 1) == nullptr);
}

CAF_TEST(nodes come by version and then by id) {
  auto ids = [](const world& w) {
    strings result;
    for (const auto& x : w.nodes.nodes())
      result.push_back(x->where->id);
    return result;
  };
  CAF_CHECK_EQUAL(ids(world{two_versions()}), (strings{"a", "c", "b", "d"}));
  auto mixed = two_versions();
  std::swap(mixed.versions[0], mixed.versions[1]);
  std::swap(mixed.versions[0].nodes[0], mixed.versions[0].nodes[1]);
  CAF_CHECK_EQUAL(ids(world{mixed}), (strings{"a", "c", "b", "d"}));
  CAF_CHECK_EQUAL(ids(world{snapshot{}}), strings{});
}

CAF_TEST(no strategy finds a node where there is none) {
  for (const auto& source : known_selectors()) {
    balancer nodes{source.make(1), {}};
    CAF_CHECK(nodes.pick({}, start) == nullptr);
    nodes.update(one_version({"a"}), start);
    CAF_CHECK(nodes.pick({}, start) != nullptr);
    nodes.update(snapshot{}, start);
    CAF_CHECK(nodes.pick({"key", {}, {}}, start) == nullptr);
  }
}

CAF_TEST(every strategy keeps to filters and to nodes that were not tried) {
  std::vector<filter> second{filter_version("2")};
  strings tried{at("b").address};
  for (const auto& source : known_selectors())
    for (std::string_view key : {"", "x", "y"}) {
      balancer nodes{source.make(3), {}};
      nodes.update(two_versions(), start);
      for (auto i = 0; i < 50; ++i)
        CAF_CHECK_EQUAL(nodes.pick({key, second, tried}, start)->where->id, "d");
    }
}

CAF_TEST(filters keep what matches all of them) {
  auto from = two_versions();
  CAF_CHECK_EQUAL(filtered(from, {filter_version("2")}), (strings{"b", "d"}));
  CAF_CHECK_EQUAL(filtered(from, {filter_version("3")}), strings{});
  CAF_CHECK_EQUAL(filtered(from, {filter_label("zone", "x")}), (strings{"c", "b"}));
  CAF_CHECK_EQUAL(filtered(from, {filter_label("zone", "")}), (strings{"a", "d"}));
  CAF_CHECK_EQUAL(filtered(from, {filter_endpoint("A.Old")}), (strings{"a", "c"}));
  CAF_CHECK_EQUAL(filtered(from, {filter_label("zone", "x"), filter_version("1")}),
                  strings{"c"});
}

CAF_TEST(a retry goes to another node while there is one) {
  auto from = two_versions();
  auto address = [](const std::string& id) { return at(id).address; };
  CAF_CHECK_EQUAL(filtered(from, {}, {address("a")}), (strings{"c", "b", "d"}));
  CAF_CHECK_EQUAL(filtered(from, {}, {address("a"), address("c"), address("b")}),
                  strings{"d"});
  CAF_CHECK_EQUAL(
      filtered(from, {}, {address("a"), address("c"), address("b"), address("d")}),
      (strings{"a", "c", "b", "d"}));
  CAF_CHECK_EQUAL(filtered(from, {filter_version("1")}, {address("a"), address("c")}),
                  (strings{"a", "c"}));
}
