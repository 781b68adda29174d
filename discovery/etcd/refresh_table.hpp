// When to read which watched service.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mica::discovery::etcd {

/// Bounds of the watches of one etcd registry.
struct refresh_limits {
  /// Services watched at once. Beyond: the watch is refused.
  size_t services = 10'000;
  /// Reads open at once; the others wait for their turn.
  size_t reads = 16;
  /// Between the starts of two reads of one service: one that changes all the time
  /// costs fifty reads a second, no more, and those of one burst are seen together.
  std::chrono::milliseconds interval{20};
  /// The longest pause after failures in a row.
  std::chrono::milliseconds longest_pause{10'000};
};

/// Says which services have to be read again: those that changed, or may have while
/// nobody watched. What is read is the whole service; a change only says that there is
/// something to read, so none can be applied twice, late or out of order. Without clock
/// and network; not thread-safe.
class refresh_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit refresh_table(refresh_limits limits);

  /// Begins to watch a service, which is to be read. False at the limit.
  [[nodiscard]] bool add(const std::string& service, time_point now);

  void remove(const std::string& service);

  /// What lies below this part of the keys (`service_part`) changed at `revision`.
  void changed(const std::string& part, int64_t revision, time_point now);

  /// Anything may have changed until `revision`, even the store itself: all are read.
  void all_changed(int64_t revision, time_point now);

  /// The services that are due; marks them as open.
  std::vector<std::string> start(time_point now);

  /// The open read of a service found the store at `revision`. An older state than was
  /// asked for, as a member that lags behind has it, is read again.
  void answered(const std::string& service, int64_t revision, time_point now);

  /// @param random in [0, 1).
  void failed(const std::string& service, time_point now, double random);

  /// etcd answered something: nobody needs to wait for it any longer.
  void is_back(time_point now);

  /// When `start` has something to do next; nothing if only a call can change that.
  std::optional<time_point> next_due() const;

private:
  struct entry {
    /// The service as a part of keys; several may share one.
    std::string part;
    /// What was read, and what is to be; never read: below.
    int64_t read = -1;
    int64_t wanted = 0;
    bool open = false;
    size_t failures = 0;
    time_point started;
    /// In `queue_` by this, unless open or up to date.
    std::optional<time_point> due;
  };

  void want(const std::string& service, entry& x, int64_t revision, time_point now);
  void enqueue(const std::string& service, entry& x, time_point due);
  void dequeue(const std::string& service, entry& x);

  refresh_limits limits_;
  std::map<std::string, entry> entries_;
  std::map<std::string, std::set<std::string>> by_part_;
  std::set<std::pair<time_point, std::string>> queue_;
  size_t open_ = 0;
};

} // namespace mica::discovery::etcd
