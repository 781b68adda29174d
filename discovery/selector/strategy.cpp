// The strategies that Go Micro has, and the table of all.

#include "selector/generator.hpp"

#include <algorithm>
#include <tuple>

namespace mica::discovery {

namespace {

// Draws before all nodes are looked at: with half of them usable one call in 65,536
// gets that far.
constexpr int draws = 16;

// So many are looked at without a draw: each draw may look at a node again.
constexpr size_t few = 4;

class random_choice : public strategy {
public:
  explicit random_choice(uint64_t seed) : random_(seed) {
    // nop
  }

  size_t pick(const choice& from) override {
    return any_usable(from, random_);
  }

private:
  generator random_;
};

auto order(const candidate& x) {
  return std::tie(x.version->version, x.where->id);
}

// Remembers a node rather than a number: numbers shift when a node comes or goes.
class round_robin : public strategy {
public:
  explicit round_robin(uint64_t seed) : random_(seed) {
    // nop
  }

  size_t pick(const choice& from) override {
    auto n = from.size();
    auto first = next(from);
    // A node that warms up is passed over at times, all of them are not.
    for (auto warming : {false, true})
      for (size_t i = 0; i < n; ++i) {
        auto index = (first + i) % n;
        if (from.usable(index)
            && (warming || random_.chance(from[index].weight(from.now)))) {
          version_ = from[index].version->version;
          id_ = from[index].where->id;
          started_ = true;
          return index;
        }
      }
    return choice::none;
  }

private:
  size_t next(const choice& from) {
    if (from.size() == 0)
      return 0;
    if (!started_)
      return random_.below(from.size());
    auto last = std::tie(version_, id_);
    auto found = std::partition_point(from.nodes.begin(), from.nodes.end(),
                                      [&](const auto& x) { return order(*x) <= last; });
    return static_cast<size_t>(std::distance(from.nodes.begin(), found));
  }

  generator random_;
  bool started_ = false;
  std::string version_;
  std::string id_;
};

} // namespace

size_t any_usable(const choice& from, generator& random, size_t but) {
  auto n = from.size();
  for (int i = 0; i < draws && n > few; ++i) {
    auto index = random.below(n);
    if (index != but && from.usable(index)
        && random.chance(from[index].weight(from.now)))
      return index;
  }
  double total = 0;
  auto result = choice::none;
  // Each of those seen so far is the result in proportion to its weight.
  for (size_t i = 0; i < n; ++i) {
    if (i == but || !from.usable(i))
      continue;
    auto weight = from[i].weight(from.now);
    total += weight;
    if (result == choice::none || random.chance(weight / total))
      result = i;
  }
  return result;
}

std::unique_ptr<strategy> random_strategy(uint64_t seed) {
  return std::make_unique<random_choice>(seed);
}

std::unique_ptr<strategy> round_robin_strategy(uint64_t seed) {
  return std::make_unique<round_robin>(seed);
}

const std::vector<selector_source>& known_selectors() {
  static const std::vector<selector_source> result{
      {"random", random_strategy},
      {"roundrobin", round_robin_strategy},
      {"p2c", p2c_strategy},
      {"hash", hash_strategy},
  };
  return result;
}

const selector_source* find_selector(std::span<const selector_source> from,
                                     std::string_view name) {
  auto found = std::find_if(from.begin(), from.end(),
                            [&](const auto& x) { return x.name() == name; });
  return found == from.end() ? nullptr : &*found;
}

std::unique_ptr<strategy> make_strategy(std::string_view name, uint64_t seed) {
  const auto* found = find_selector(known_selectors(), name);
  return found == nullptr ? nullptr : found->make(seed);
}

} // namespace mica::discovery
