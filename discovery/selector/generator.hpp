// Random numbers for strategies.

#pragma once

#include "mica/discovery/selector.hpp"

namespace mica::discovery {

/// Mixes all bits of `x` into all bits of the result.
constexpr uint64_t mixed(uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// splitmix64 (Steele, Lea and Flood, 2014; public domain): equidistributed, and 8
/// bytes per service where the standard library's generators take up to 2.5 kB.
class generator {
public:
  explicit generator(uint64_t seed) : state_(seed) {
    // nop
  }

  uint64_t next() noexcept {
    return mixed(state_ += 0x9e3779b97f4a7c15);
  }

  /// Returns a number below `bound`, each as likely as any other.
  uint64_t below(uint64_t bound) noexcept {
    // 2^64 modulo bound: the numbers below it would favour small remainders.
    auto surplus = (0 - bound) % bound;
    for (;;)
      if (auto x = next(); x >= surplus)
        return x % bound;
  }

  /// True that often: 0 never, 1 always.
  bool chance(double probability) noexcept {
    constexpr auto steps = uint64_t{1} << 53;
    return probability >= 1
           || static_cast<double>(next() % steps)
                  < probability * static_cast<double>(steps);
  }

private:
  uint64_t state_;
};

/// A usable node, each in proportion to its weight; `choice::none` if there is none.
/// @param but not this one
size_t any_usable(const choice& from, generator& random, size_t but = choice::none);

} // namespace mica::discovery
