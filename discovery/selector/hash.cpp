#include "selector/generator.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace mica::discovery {

namespace {

// Points of a node on the ring: shares differ by 1/sqrt(points), 12 %.
constexpr uint32_t points_per_node = 64;

// Attempts in flight that a node may have, in means.
constexpr double load_factor = 1.25;

// Points to walk before all nodes are looked at instead: filters that leave few of
// many.
constexpr size_t max_walk = 256;

constexpr auto gone = choice::none;

// FNV-1a, and then mixed: the same in every process, on every machine.
uint64_t hash_of(std::string_view text) noexcept {
  uint64_t result = 0xcbf29ce484222325;
  for (unsigned char c : text)
    result = (result ^ c) * 0x100000001b3;
  return mixed(result);
}

class ring : public strategy {
public:
  explicit ring(uint64_t seed) : random_(seed) {
    // nop
  }

  // Merges what came into what stayed: sorting all points of 1000 nodes takes ten times
  // as long.
  void update(std::span<const std::shared_ptr<candidate>> nodes, time_point) override {
    for (auto& x : slots_)
      x.index = gone;
    auto old = points_.size();
    for (size_t i = 0; i < nodes.size(); ++i) {
      auto [where, added] = slot_of_.try_emplace(nodes[i]->number, 0);
      if (added) {
        where->second = take_slot();
        add_points(where->second, hash_of(nodes[i]->where->id));
      }
      slots_[where->second].index = i;
    }
    auto middle = points_.begin() + static_cast<std::ptrdiff_t>(old);
    std::sort(middle, points_.end(), by_place);
    std::inplace_merge(points_.begin(), middle, points_.end(), by_place);
    std::erase_if(points_,
                  [this](const point& x) { return slots_[x.slot].index == gone; });
    std::erase_if(slot_of_, [this](const auto& x) {
      auto left = slots_[x.second].index == gone;
      if (left)
        free_.push_back(x.second);
      return left;
    });
  }

  size_t pick(const choice& from) override {
    if (from.key.empty())
      return any_usable(from, random_);
    if (points_.empty())
      return choice::none;
    auto place = hash_of(from.key);
    // The bound counts the call that is about to begin.
    auto bound = static_cast<uint32_t>(std::ceil(load_factor * (from.in_flight + 1.0)
                                                 / static_cast<double>(from.size())));
    auto at =
        std::lower_bound(points_.begin(), points_.end(), point{place, 0}, by_place);
    auto full = choice::none;
    for (size_t i = 0; i < std::min(points_.size(), max_walk); ++i, ++at) {
      if (at == points_.end())
        at = points_.begin();
      auto index = slots_[at->slot].index;
      if (!from.usable(index))
        continue;
      if (from[index].in_flight < bound)
        return index;
      if (full == choice::none)
        full = index;
    }
    return full != choice::none ? full : best_of_all(from, place);
  }

private:
  struct point {
    uint64_t place;
    uint32_t slot;
  };

  struct slot {
    size_t index;
    uint64_t identity;
  };

  // Two processes that see points fall together need not agree, once in 2^64.
  static bool by_place(const point& x, const point& y) noexcept {
    return x.place < y.place;
  }

  uint32_t take_slot() {
    if (free_.empty()) {
      slots_.push_back({gone, 0});
      return static_cast<uint32_t>(slots_.size() - 1);
    }
    auto result = free_.back();
    free_.pop_back();
    return result;
  }

  void add_points(uint32_t to, uint64_t identity) {
    slots_[to].identity = identity;
    for (uint32_t i = 0; i < points_per_node; ++i)
      points_.push_back({mixed(identity + i * 0x9e3779b97f4a7c15), to});
  }

  // Rendezvous hashing: consistent too, and of one pass.
  size_t best_of_all(const choice& from, uint64_t place) const {
    auto result = choice::none;
    uint64_t most = 0;
    for (const auto& x : slots_) {
      if (x.index == gone || !from.usable(x.index))
        continue;
      auto score = mixed(x.identity ^ place);
      if (result == choice::none || score > most) {
        result = x.index;
        most = score;
      }
    }
    return result;
  }

  generator random_;
  std::vector<point> points_;
  std::vector<slot> slots_;
  std::vector<uint32_t> free_;
  std::unordered_map<uint64_t, uint32_t> slot_of_;
};

} // namespace

std::unique_ptr<strategy> hash_strategy(uint64_t seed) {
  return std::make_unique<ring>(seed);
}

} // namespace mica::discovery
