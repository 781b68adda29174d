// Lifeguard's refinements of SWIM, as formulas without clock and sockets: how long to
// suspect, how much to trust oneself, how often to tell.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>

namespace mica::discovery::gossip {

using time_point = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// Time after which a suspect counts as dead at the earliest: `multiplier` probe
/// intervals, times the decimal logarithm of the number of members if that is above 1.
milliseconds suspicion_timeout(int multiplier, size_t members, milliseconds interval);

/// Times a broadcast is sent.
int retransmit_limit(int multiplier, size_t members);

/// Time between two state exchanges: longer by one `interval` for each doubling of the
/// members beyond 32.
milliseconds push_pull_interval(milliseconds interval, size_t members);

/// A member that may be dead. Each independent accuser shortens the time it has to say
/// that it lives, by a logarithm, from `most` down to `least`.
class suspicion {
public:
  /// @param wanted accusers beside the first that bring the time down to `least`; 0
  /// starts there.
  suspicion(const std::string& from, int wanted, milliseconds least, milliseconds most,
            time_point now)
    : wanted_(wanted),
      least_(least),
      most_(most),
      start_(now),
      accusers_{from} {
    // nop
  }

  /// Counts an accuser. False if it is known or none is needed any more: then the
  /// accusation is no news for others.
  bool confirm(const std::string& from);

  time_point deadline() const;

private:
  int wanted_;
  int count_ = 0;
  milliseconds least_;
  milliseconds most_;
  time_point start_;
  /// At most `wanted_ + 1`.
  std::set<std::string> accusers_;
};

/// How much of what goes wrong may be our own fault: 0 is healthy. A member that does
/// not get answers it should get takes more time before it accuses others.
class awareness {
public:
  /// @param levels scores go from 0 to one less.
  explicit awareness(int levels) : levels_(levels) {
    // nop
  }

  void add(int delta) {
    score_ = std::clamp(score_ + delta, 0, levels_ - 1);
  }

  int score() const noexcept {
    return score_;
  }

  milliseconds scale(milliseconds x) const {
    return x * (score_ + 1);
  }

private:
  int levels_;
  int score_ = 0;
};

} // namespace mica::discovery::gossip
