#include "mica/discovery/selector.hpp"

#include <algorithm>
#include <tuple>

namespace mica::discovery {

namespace {

// splitmix64 (Steele, Lea and Flood, 2014; public domain): equidistributed, and 8 bytes
// per service where the standard library's generators take up to 2.5 kB.
class generator {
public:
  explicit generator(uint64_t seed) : state_(seed) {
    // nop
  }

  uint64_t next() {
    auto x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  /// Returns a number below `bound`, each as likely as any other.
  uint64_t below(uint64_t bound) {
    // 2^64 modulo bound: the numbers below it would favour small remainders.
    auto surplus = (0 - bound) % bound;
    for (;;)
      if (auto x = next(); x >= surplus)
        return x % bound;
  }

private:
  uint64_t state_;
};

class random_choice : public strategy {
public:
  explicit random_choice(uint64_t seed) : random_(seed) {
    // nop
  }

  size_t pick(std::span<const candidate> candidates) override {
    return random_.below(candidates.size());
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

  size_t pick(std::span<const candidate> candidates) override {
    auto index = next(candidates);
    const auto& chosen = candidates[index];
    version_ = chosen.version->version;
    id_ = chosen.where->id;
    started_ = true;
    return index;
  }

private:
  size_t next(std::span<const candidate> candidates) {
    if (!started_)
      return random_.below(candidates.size());
    auto last = std::tie(version_, id_);
    auto found = std::partition_point(candidates.begin(), candidates.end(),
                                      [&](const auto& x) { return order(x) <= last; });
    return found == candidates.end()
               ? 0
               : static_cast<size_t>(std::distance(candidates.begin(), found));
  }

  generator random_;
  bool started_ = false;
  std::string version_;
  std::string id_;
};

} // namespace

strategy::~strategy() {
  // nop
}

std::unique_ptr<strategy> random_strategy(uint64_t seed) {
  return std::make_unique<random_choice>(seed);
}

std::unique_ptr<strategy> round_robin_strategy(uint64_t seed) {
  return std::make_unique<round_robin>(seed);
}

std::unique_ptr<strategy> make_strategy(std::string_view name, uint64_t seed) {
  if (name == "random")
    return random_strategy(seed);
  if (name == "roundrobin")
    return round_robin_strategy(seed);
  return nullptr;
}

} // namespace mica::discovery
