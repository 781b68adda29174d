// What happens to the bytes of one direction.

#pragma once

#include "mica/net/fault.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mica::net {

/// Goes along a direction's bytes and says what happens to the next ones. Pure.
class fault_track {
public:
  /// What happens to the next `bytes` bytes, in the order of the members: an end or a
  /// delay is told alone.
  struct step {
    bool reset = false;
    bool half_close = false;
    std::chrono::nanoseconds delay{0};
    size_t bytes = 0;
    bool drop = false;
    /// Nothing more in this round.
    bool pause = false;
    uint8_t mask = 0;
  };

  fault_track() = default;

  /// Takes what concerns `side` out of `all`.
  fault_track(const std::vector<fault>& all, fault::direction side);

  /// @pre `offered > 0`
  step next(size_t offered);

  /// The bytes of the last step, or some of them, are done.
  void passed(size_t bytes) {
    position_ += bytes;
  }

  /// Nothing happens in this direction.
  bool empty() const noexcept {
    return faults_.empty();
  }

private:
  struct entry {
    fault what;
    bool done = false;
  };

  void apply(const fault& what, step& to) const;

  std::vector<entry> faults_;
  uint64_t position_ = 0;
};

} // namespace mica::net
