// What of a partition was delivered and settled, and how far it may be committed. Pure.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace mica::broker::kafka {

/// Offsets are delivered in order and settled in any; a commit says "all before this
/// one are done". Offsets may have gaps (compaction, transactions).
class offset_ledger {
public:
  /// @param next the first offset that will be read.
  explicit offset_ledger(int64_t next) : next_(next) {
    // nop
  }

  /// @pre larger than any delivered before.
  void deliver(int64_t offset) {
    open_.push_back({offset, false});
    next_ = offset + 1;
  }

  /// Done with; once each, others are ignored.
  void settle(int64_t offset) {
    auto found = std::lower_bound(open_.begin(), open_.end(), offset,
                                  [](const auto& x, auto y) { return x.offset < y; });
    if (found == open_.end() || found->offset != offset || found->settled)
      return;
    found->settled = true;
    while (!open_.empty() && open_.front().settled)
      open_.pop_front();
  }

  /// What to commit: the first offset that is not done with.
  int64_t position() const {
    return open_.empty() ? next_ : open_.front().offset;
  }

  /// Behind the last one that was delivered: whoever reads below it reads again.
  int64_t delivered() const noexcept {
    return next_;
  }

  /// From the first one that is not done with on, settled ones between included.
  size_t open() const noexcept {
    return open_.size();
  }

private:
  struct entry {
    int64_t offset;
    bool settled;
  };

  std::deque<entry> open_;
  int64_t next_;
};

} // namespace mica::broker::kafka
