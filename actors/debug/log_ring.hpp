// The last lines of a service's log, for Debug.Log.

#pragma once

#include "debug/watch_list.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

/// What a log ring keeps (docs/limits.md).
struct log_limits {
  /// Records; the oldest makes room. Default: 1024, as Go Micro.
  size_t records = 1024;
  /// Bytes of one record's text; a longer one is cut. Default: 4096.
  size_t record_bytes = 4096;
  /// Records that a follower gets at once; it is looked after again then. Default: 64.
  size_t batch = 64;
};

struct log_record {
  std::chrono::system_clock::time_point time;
  /// `info`, `warning`, ...
  std::string level;
  std::string text;
};

/// The last records of one log. They are numbered from 0 in the order of `add`.
/// Thread-safe.
class log_ring {
public:
  explicit log_ring(log_limits limits = {});

  void add(log_record record);

  /// Some records in order.
  struct slice {
    std::vector<log_record> records;
    /// Records before these that are gone.
    uint64_t missed = 0;
    /// The number after the last one: where to go on.
    uint64_t next = 0;
    /// More are there already.
    bool more = false;
  };

  /// Returns at most `log_limits::batch` records from number `from` on.
  slice read(uint64_t from) const;

  /// Returns the number of the first record to show.
  /// @param count the latest so many at most; none means all.
  /// @param since none that is older.
  uint64_t first(std::optional<uint64_t> count,
                 std::chrono::system_clock::time_point since) const;

  /// The number that the next record will have.
  uint64_t end() const;

  /// Told after each record.
  watch_list& watchers() noexcept {
    return watchers_;
  }

private:
  const log_limits limits_;
  mutable std::mutex mtx_;
  std::deque<log_record> records_;
  /// The number of the first of `records_`.
  uint64_t begin_ = 0;
  watch_list watchers_;
};

} // namespace mica::detail
