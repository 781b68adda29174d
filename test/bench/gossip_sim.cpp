// Clusters of gossip in virtual time: how fast a change reaches everybody, and how
// often the living are taken for dead. Prints figures; nothing here judges.
//
//   bench-gossip change [MEMBERS] [LOSS_PERCENT] [CHANGES]
//   bench-gossip false-positives [MEMBERS] [LOSS_PERCENT] [SECONDS] [RUNS]
//   bench-gossip death [MEMBERS] [LOSS_PERCENT] [RUNS]

#include "virtual_cluster.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

using namespace mica::test;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

using kind = gossip::member_event::kind;

cluster_options make_options(size_t members, double loss_percent, uint32_t seed) {
  cluster_options result;
  result.size = members;
  result.loss = loss_percent / 100;
  result.seed = seed;
  result.swim.wire.compress = false;
  return result;
}

long at(std::vector<long> xs, double part) {
  if (xs.empty())
    return -1;
  std::sort(xs.begin(), xs.end());
  return xs[std::min(xs.size() - 1, static_cast<size_t>(part * xs.size()))];
}

void change(size_t members, double loss, int changes) {
  virtual_cluster x{make_options(members, loss, 1)};
  x.run(20s);
  std::vector<long> to_each;
  std::vector<long> to_all;
  for (auto i = 0; i < changes; ++i) {
    auto id = "greeter-" + std::to_string(i);
    auto from = static_cast<size_t>(i) % members;
    auto begin = x.now();
    std::set<size_t> waiting;
    for (size_t m = 0; m < members; ++m)
      waiting.insert(m);
    mica::discovery::service_record record{
        id, "latest", {}, {}, {{id, "10.0.0.1:1", {{"protocol", "mucp"}}}}};
    (void)x.add(from, record, 600s);
    while (!waiting.empty() && x.now() - begin < 60s) {
      std::erase_if(waiting, [&](size_t m) {
        auto seen = !x.look_up(m, id).versions.empty();
        if (seen)
          to_each.push_back((x.now() - begin).count());
        return seen;
      });
      x.run(5ms);
    }
    to_all.push_back((x.now() - begin).count());
    x.run(milliseconds{i % 7 * 13});
  }
  std::printf("change members=%zu loss=%g%% changes=%d\n", members, loss, changes);
  std::printf("  to one member: p50=%ldms p99=%ldms max=%ldms\n", at(to_each, 0.5),
              at(to_each, 0.99), at(to_each, 1));
  std::printf("  to all:        p50=%ldms p99=%ldms max=%ldms\n", at(to_all, 0.5),
              at(to_all, 0.99), at(to_all, 1));
}

void false_positives(size_t members, double loss, int seconds, int runs) {
  for (auto streams : {true, false}) {
    long found = 0;
    long said = 0;
    double datagrams = 0;
    for (auto run = 1; run <= runs; ++run) {
      auto options = make_options(members, loss, static_cast<uint32_t>(run));
      options.swim.stream_probes = streams;
      virtual_cluster x{options};
      x.run(20s);
      x.log.clear();
      x.datagrams = 0;
      x.run(std::chrono::seconds{seconds});
      std::set<std::pair<std::string, long>> deaths;
      for (auto& n : x.log)
        if (n.event.what == kind::died) {
          ++found;
          deaths.emplace(n.event.name, n.at.count() / 5'000);
        }
      said += static_cast<long>(deaths.size());
      datagrams += static_cast<double>(x.datagrams) / members / seconds;
    }
    std::printf("false-positives mica members=%zu loss=%g%% seconds=%d runs=%d "
                "stream-probes=%d\n",
                members, loss, seconds, runs, streams ? 1 : 0);
    std::printf("  noticed=%ld members=%ld datagrams-per-member-and-second=%.1f\n",
                found, said, datagrams / runs);
  }
}

void death(size_t members, double loss, int runs) {
  std::vector<long> first;
  std::vector<long> all;
  for (auto run = 1; run <= runs; ++run) {
    virtual_cluster x{make_options(members, loss, static_cast<uint32_t>(run))};
    x.run(20s);
    x.log.clear();
    auto begin = x.now();
    auto name = x.name(members / 2);
    x.kill(members / 2);
    auto died = [&] {
      return std::count_if(x.log.begin(), x.log.end(), [&](const noticed& n) {
        return n.event.what == kind::died && n.event.name == name;
      });
    };
    x.run_until([&] { return died() > 0; }, 300s);
    first.push_back((x.now() - begin).count());
    x.run_until([&] { return died() + 1 >= static_cast<long>(members); }, 60s);
    all.push_back((x.now() - begin).count());
  }
  std::printf("death members=%zu loss=%g%% runs=%d\n", members, loss, runs);
  std::printf("  to the first: p50=%ldms max=%ldms, to all: p50=%ldms max=%ldms\n",
              at(first, 0.5), at(first, 1), at(all, 0.5), at(all, 1));
}

} // namespace

int main(int argc, char** argv) {
  auto number = [&](int i, double otherwise) {
    return i < argc ? std::atof(argv[i]) : otherwise;
  };
  auto what = std::string{argc > 1 ? argv[1] : ""};
  if (what == "change") {
    change(static_cast<size_t>(number(2, 50)), number(3, 5),
           static_cast<int>(number(4, 200)));
  } else if (what == "false-positives") {
    false_positives(static_cast<size_t>(number(2, 100)), number(3, 25),
                    static_cast<int>(number(4, 600)), static_cast<int>(number(5, 3)));
  } else if (what == "death") {
    death(static_cast<size_t>(number(2, 100)), number(3, 0),
          static_cast<int>(number(4, 20)));
  } else {
    std::fprintf(stderr, "usage: bench-gossip change|false-positives|death ...\n");
    return 2;
  }
  return 0;
}
