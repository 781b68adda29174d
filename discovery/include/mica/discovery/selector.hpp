// Whom to call: strategies over the nodes of a service. Pure: time is an argument.

#pragma once

#include "mica/discovery/filters.hpp"
#include "mica/discovery/peak_ewma.hpp"
#include "mica/discovery/records.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mica::discovery {

using time_point = std::chrono::steady_clock::time_point;

/// How an attempt ended, as far as its node is concerned.
enum class call_result : uint8_t {
  success,
  /// 5xx, the connection broke, or no answer in time.
  failure,
  /// No connection: nothing has left.
  unreachable,
  /// Says nothing about the node: cancelled, or never sent.
  unknown,
};

/// A node with what its calls have told. The same object as long as the node stays in
/// the snapshots or is called; belongs to one `balancer`, so to one thread.
struct candidate {
  /// Both lie in the balancer's snapshot; null once the node has left it.
  const service_record* version = nullptr;
  const node* where = nullptr;
  /// Never given twice by a balancer.
  uint64_t number = 0;
  /// Attempts under way.
  uint32_t in_flight = 0;
  /// Of attempts that have ended.
  peak_ewma latency = {};
  /// Before that it is out: ejected, or not reached when it was called last.
  time_point available_at = {};
  /// A node that came later than others gets a part of its calls until `warm_at`.
  time_point came_at = {};
  time_point warm_at = {};

  /// What outlier ejection remembers (`outlier_detector`).
  struct outlier_record {
    uint32_t consecutive_failures = 0;
    uint32_t ejections = 0;
    time_point ejected_until = {};
    uint64_t requests = 0;
    uint64_t successes = 0;
  } outlier = {};
  /// Failures to connect in a row, and when the last one was.
  uint32_t unreachable = 0;
  time_point unreachable_at = {};

  /// The part of its calls that it shall get: 0.1 to 1.
  double weight(time_point now) const noexcept;
};

/// Nodes compiled from a snapshot: sorted by version and then by id.
using candidate_list = std::vector<std::shared_ptr<candidate>>;

/// One call that looks for a node, and the nodes there are. Costs nothing to make.
struct choice {
  static constexpr size_t none = static_cast<size_t>(-1);

  std::span<const std::shared_ptr<candidate>> nodes;
  time_point now;
  /// What `hash` goes by; may be empty.
  std::string_view key = {};
  std::span<const filter> filters = {};
  /// Addresses that the call has tried in vain.
  std::span<const std::string> tried = {};
  /// Nodes that are out count too: no other is left.
  bool desperate = false;
  /// Of all nodes together.
  uint32_t in_flight = 0;

  size_t size() const noexcept {
    return nodes.size();
  }

  const candidate& operator[](size_t index) const noexcept {
    return *nodes[index];
  }

  /// The call may go to this node. Strategies ask for those alone that they would pick:
  /// so a call costs no list of its own.
  bool usable(size_t index) const;
};

/// Chooses nodes. Not thread-safe; one object per client and service.
class strategy {
public:
  virtual ~strategy();

  /// The nodes are others now: called before the first `pick` and after each change.
  /// Lasts until the next `update`.
  virtual void update(std::span<const std::shared_ptr<candidate>> nodes,
                      time_point now);

  /// @returns the index of a usable node, or `choice::none` if none is usable.
  virtual size_t pick(const choice& from) = 0;

  /// An attempt begins: it is counted in `in_flight` already.
  virtual void begun(const candidate& at, time_point now);

  /// An attempt has ended, each that has begun exactly once; `at` has taken note of it.
  /// The node may have left the list meanwhile.
  virtual void ended(const candidate& at, std::chrono::nanoseconds latency,
                     call_result result, time_point now);
};

/// A strategy by name, to be made once per service that is called.
class selector_source {
public:
  using factory = std::function<std::unique_ptr<strategy>(uint64_t seed)>;

  /// @param name as `--selector` takes it.
  /// @param make called on the I/O lane; never returns null.
  selector_source(std::string name, factory make)
    : name_(std::move(name)),
      make_(std::move(make)) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  std::unique_ptr<strategy> make(uint64_t seed) const {
    return make_(seed);
  }

private:
  std::string name_;
  factory make_;
};

/// Uniform and independent (Go Micro's default).
std::unique_ptr<strategy> random_strategy(uint64_t seed);

/// One after the other across calls, in the order of the candidates, from a random
/// start. A list that changes between calls goes on after the node picked last, even if
/// that one has left.
std::unique_ptr<strategy> round_robin_strategy(uint64_t seed);

/// The less loaded of two that were taken at random (Mitzenmacher 2001): load is the
/// peak EWMA of latency times attempts in flight, as Finagle's and Linkerd's. A node of
/// which nothing is known gets one call at a time until it has answered.
std::unique_ptr<strategy> p2c_strategy(uint64_t seed);

/// The same node for the same key, in every process, as long as its nodes are the same;
/// a node that comes or goes moves its own share alone. A node with more than 1.25
/// times the mean of attempts in flight passes its calls on to the next one (consistent
/// hashing with bounded loads, Mirrokni, Thorup and Zadimoghaddam 2018). Calls without
/// a key go anywhere.
std::unique_ptr<strategy> hash_strategy(uint64_t seed);

/// The strategies that ship: `random`, `roundrobin`, `p2c`, `hash`.
const std::vector<selector_source>& known_selectors();

/// The one of that name in `from`, or null.
const selector_source* find_selector(std::span<const selector_source> from,
                                     std::string_view name);

/// Makes a strategy that ships by name; nullptr for unknown.
std::unique_ptr<strategy> make_strategy(std::string_view name, uint64_t seed);

} // namespace mica::discovery
