// When to ask the agent about which watched service.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mica::discovery::consul {

/// Bounds of the watches of one consul registry.
struct watch_limits {
  /// Services watched at once. Beyond: the watch is refused.
  size_t services = 10'000;
  /// Blocking queries open at once. With more services they take turns and wait
  /// shorter, so that each is still asked about once every `wait`. An agent serves 200
  /// connections of one client by default (`http_max_conns_per_client`), and other
  /// programs of this host share them.
  size_t blocking_queries = 64;
  /// First queries about a service open at once; these are answered immediately.
  size_t first_queries = 16;
  /// How long a blocking query waits at the agent.
  std::chrono::milliseconds wait{60'000};
  /// Shortest wait when services take turns.
  std::chrono::milliseconds shortest_wait{1'000};
  /// Between the starts of two queries about one service: a service that changes all
  /// the time (or an agent that answers at once) costs ten queries a second, no more.
  std::chrono::milliseconds interval{100};
  /// Put off by this if the answer's index can't be waited on.
  std::chrono::milliseconds without_index{1'000};
};

/// How long to wait after `failures` failures in a row (at least 1): doubling from
/// 0.2 s to 10 s, each time somewhere in the upper half of that; never below 0.1 s.
///
/// @param random in [0, 1).
std::chrono::milliseconds back_off(size_t failures, double random);

/// The schedule of blocking queries, without clock and network. Not thread-safe.
class watch_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A query to be made.
  struct query {
    std::string service;
    /// 0: to be answered at once.
    uint64_t index = 0;
    std::chrono::milliseconds wait{0};
  };

  explicit watch_table(watch_limits limits);

  /// Begins to watch a service. False at the limit; true if it is watched already.
  [[nodiscard]] bool add(const std::string& service, time_point now);

  /// Ends it. The caller gives up the open query, if any.
  void remove(const std::string& service);

  size_t size() const noexcept {
    return entries_.size();
  }

  /// Returns the queries that are due and marks them as open.
  std::vector<query> start(time_point now);

  /// The open query about a service was answered with this `X-Consul-Index`.
  void answered(const std::string& service, std::optional<std::string_view> index,
                time_point now);

  /// It failed. The next one starts over with index 0: the agent may come back with
  /// another state and lower indexes, on which a query would wait in vain.
  void failed(const std::string& service, time_point now, double random);

  /// The agent answered something: nobody needs to wait for it any longer.
  void agent_is_back(time_point now);

  /// When `start` has something to do next; nothing if only an answer can change that.
  std::optional<time_point> next_due() const;

private:
  struct entry {
    uint64_t index = 0;
    bool open = false;
    size_t failures = 0;
    time_point started;
    time_point due;
  };

  using queue = std::set<std::pair<time_point, std::string>>;

  void enqueue(const std::string& service, entry& x, time_point due);
  void dequeue(const std::string& service, const entry& x);
  queue& queue_of(const entry& x);
  void close(entry& x);
  void start_from(queue& from, size_t& open, size_t limit, time_point now,
                  std::vector<query>& out);
  std::chrono::milliseconds wait_now() const;

  watch_limits limits_;
  std::map<std::string, entry> entries_;
  /// Not open, by the time they are due: without and with an index.
  queue first_;
  queue blocking_;
  size_t open_first_ = 0;
  size_t open_blocking_ = 0;
};

} // namespace mica::discovery::consul
