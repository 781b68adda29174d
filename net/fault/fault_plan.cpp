#include "mica/net/fault.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

/// splitmix64 (Steele, Lea, Flood 2014): a few lines that are the same everywhere,
/// which the standard's distributions are not.
class generator {
public:
  explicit generator(uint64_t seed) : state_(seed) {
    // nop
  }

  uint64_t next() {
    state_ += 0x9e37'79b9'7f4a'7c15;
    auto x = state_;
    x = (x ^ (x >> 30)) * 0xbf58'476d'1ce4'e5b9;
    x = (x ^ (x >> 27)) * 0x94d0'49bb'1331'11eb;
    return x ^ (x >> 31);
  }

  uint64_t below(uint64_t bound) {
    return next() % std::max<uint64_t>(bound, 1);
  }

private:
  uint64_t state_;
};

} // namespace

fault_plan on_every_connection(std::vector<fault> what) {
  return [what = std::move(what)](size_t) { return what; };
}

fault_plan on_connection(size_t number, std::vector<fault> what) {
  return [number, what = std::move(what)](size_t connection) {
    return connection == number ? what : std::vector<fault>{};
  };
}

fault_plan random_faults(uint64_t seed, const fault_odds& odds) {
  return [seed, odds](size_t connection) {
    using kind = fault::kind;
    generator draw{seed ^ (uint64_t{connection} * 0xd134'2543'de82'ef95)};
    std::vector<fault> result;
    const std::pair<kind, unsigned> all[] = {
        {kind::delay, odds.delay},           {kind::drop, odds.drop},
        {kind::slice, odds.slice},           {kind::corrupt, odds.corrupt},
        {kind::half_close, odds.half_close}, {kind::reset, odds.reset},
        {kind::refuse, odds.refuse}};
    for (auto [what, percent] : all) {
      // All are drawn, so that one kind's odds do not change what the others do.
      auto happens = draw.below(100) < percent;
      fault x;
      x.what = what;
      x.side = draw.below(2) == 0 ? fault::direction::in : fault::direction::out;
      x.at = draw.below(odds.within);
      x.bytes = what == kind::slice ? UINT64_MAX : 1 + draw.below(16);
      x.size = 1 + draw.below(16);
      x.time = odds.longest * draw.below(1001) / 1000;
      x.mask = static_cast<uint8_t>(1 + draw.below(255));
      if (happens)
        result.push_back(x);
    }
    return result;
  };
}

} // namespace mica::net
