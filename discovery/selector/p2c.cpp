#include "selector/generator.hpp"

namespace mica::discovery {

namespace {

// Above every latency: of a node that owes its first answer nothing is known but that.
constexpr double unknown_load = 1e15;

double load(const candidate& x, time_point now) {
  auto latency = x.latency.value(now);
  auto calls = static_cast<double>(x.in_flight);
  if (latency <= 0)
    return x.in_flight == 0 ? 0 : unknown_load * calls;
  return latency * (calls + 1);
}

class two_choices : public strategy {
public:
  explicit two_choices(uint64_t seed) : random_(seed) {
    // nop
  }

  size_t pick(const choice& from) override {
    auto first = any_usable(from, random_);
    if (first == choice::none || from.size() == 1)
      return first;
    auto second = any_usable(from, random_, first);
    if (second == choice::none)
      return first;
    return load(from[second], from.now) < load(from[first], from.now) ? second : first;
  }

private:
  generator random_;
};

} // namespace

std::unique_ptr<strategy> p2c_strategy(uint64_t seed) {
  return std::make_unique<two_choices>(seed);
}

} // namespace mica::discovery
