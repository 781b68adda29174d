// bench-pick: what choosing a node costs, of 1000 and of 3, and what a change costs.
// Prints `pick STRATEGY NODES: N ns`, medians of rounds.

#include "mica/discovery/balancer.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace mica::discovery;
using clock_type = std::chrono::steady_clock;

constexpr int rounds = 11;
constexpr int picks = 100'000;

snapshot nodes_of(size_t count, size_t first = 0) {
  snapshot result{"s", {{"s", "1", {}, {}, {}}}, std::nullopt};
  for (size_t i = first; i < first + count; ++i) {
    auto id = "s-" + std::to_string(100'000 + i);
    result.versions[0].nodes.push_back(
        {id, "10.0.0.1:" + std::to_string(10'000 + i), {{"zone", i % 2 ? "a" : "b"}}});
  }
  return result;
}

template <class Run>
double median_ns(int count, Run run) {
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    auto start = clock_type::now();
    run();
    all.push_back(
        std::chrono::duration<double, std::nano>(clock_type::now() - start).count()
        / count);
  }
  std::nth_element(all.begin(), all.begin() + rounds / 2, all.end());
  return all[rounds / 2];
}

// With latencies known of all nodes, as after some time of use.
void warm_up(balancer& nodes, time_point now) {
  for (const auto& x : nodes.nodes()) {
    nodes.begin(*x, now);
    nodes.end(*x, std::chrono::microseconds{500 + x->number % 100},
              call_result::success, now);
  }
}

} // namespace

int main() {
  std::vector<std::string> keys;
  for (int i = 0; i < 1'000; ++i)
    keys.push_back("user-" + std::to_string(i));
  auto now = clock_type::now();
  std::vector<filter> zone{filter_label("zone", "a")};
  size_t sum = 0;
  for (size_t count : {size_t{3}, size_t{1'000}})
    for (const auto& source : known_selectors()) {
      balancer nodes{source.make(1), {}};
      nodes.update(nodes_of(count), now);
      warm_up(nodes, now);
      auto run = [&](std::span<const filter> filters) {
        return median_ns(picks, [&] {
          for (int i = 0; i < picks; ++i)
            sum += nodes
                       .pick({keys[static_cast<size_t>(i) % keys.size()], filters, {}},
                             now)
                       ->number;
        });
      };
      std::cout << "pick " << source.name() << ' ' << count << " nodes: " << run({})
                << " ns; half of them by a label: " << run(zone) << " ns\n";
    }
  for (const auto& source : known_selectors()) {
    balancer nodes{source.make(1), {}};
    nodes.update(nodes_of(1'000), now);
    size_t first = 0;
    auto cost = median_ns(1, [&] { nodes.update(nodes_of(1'000, ++first), now); });
    std::cout << "change " << source.name() << " 1000 nodes: " << cost / 1000
              << " us\n";
  }
  return sum == 0;
}
