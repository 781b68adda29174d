#include "mica/discovery/balancer.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace mica::discovery {

namespace {

// A failure counts as that many times the node's latency: else a node that fails at
// once would look like the fastest of all.
constexpr int failure_factor = 4;

} // namespace

balancer::balancer(std::unique_ptr<strategy> by, balancer_options options)
  : strategy_(std::move(by)),
    options_(std::move(options)),
    outliers_(options_.outlier) {
  // nop
}

balancer::~balancer() {
  for (auto& x : nodes_) {
    x->version = nullptr;
    x->where = nullptr;
  }
}

void balancer::update(snapshot&& from, time_point now) {
  // Outlives `known`, whose keys lie in it.
  auto old = std::exchange(current_, std::move(from));
  auto before = std::exchange(nodes_, {});
  std::unordered_map<std::string_view, node_ptr> known;
  candidate_list gone;
  for (auto& x : before)
    if (!known.try_emplace(x->where->id, x).second)
      gone.push_back(x);
  size_t count = 0;
  for (const auto& version : current_.versions)
    count += version.nodes.size();
  nodes_.reserve(count);
  for (const auto& version : current_.versions)
    for (const auto& where : version.nodes) {
      candidate shown{&version, &where};
      if (!std::all_of(options_.filters.begin(), options_.filters.end(),
                       [&](const filter& keeps) { return keeps(shown); }))
        continue;
      auto found = known.find(where.id);
      if (found != known.end() && found->second->where->address == where.address) {
        nodes_.push_back(std::move(found->second));
        known.erase(found);
      } else {
        nodes_.push_back(make_node(now));
      }
      nodes_.back()->version = &version;
      nodes_.back()->where = &where;
    }
  for (auto& [id, x] : known)
    gone.push_back(std::move(x));
  for (auto& x : gone) {
    x->version = nullptr;
    x->where = nullptr;
  }
  // Registries sort; a snapshot made by hand need not be.
  auto precedes = [](const node_ptr& x, const node_ptr& y) {
    return std::tie(x->version->version, x->where->id)
           < std::tie(y->version->version, y->where->id);
  };
  if (!std::is_sorted(nodes_.begin(), nodes_.end(), precedes))
    std::sort(nodes_.begin(), nodes_.end(), precedes);
  had_nodes_ = had_nodes_ || !nodes_.empty();
  strategy_->update(nodes_, now);
}

balancer::node_ptr balancer::make_node(time_point now) {
  auto result = std::make_shared<candidate>();
  result->number = ++last_number_;
  // The first ones have nobody who could bear the rest.
  if (had_nodes_ && options_.slow_start_window.count() > 0) {
    result->came_at = now;
    result->warm_at = now + options_.slow_start_window;
  }
  return result;
}

balancer::node_ptr balancer::pick(const request& what, time_point now) {
  choice from{nodes_, now, what.key, what.filters, what.tried, false, in_flight_};
  auto index = strategy_->pick(from);
  if (index == choice::none) {
    from.desperate = true;
    index = strategy_->pick(from);
  }
  if (index == choice::none && !what.tried.empty()) {
    from.tried = {};
    from.desperate = false;
    index = strategy_->pick(from);
    if (index == choice::none) {
      from.desperate = true;
      index = strategy_->pick(from);
    }
  }
  return index < nodes_.size() ? nodes_[index] : nullptr;
}

void balancer::begin(candidate& at, time_point now) {
  ++at.in_flight;
  ++in_flight_;
  // The one call that tries whether it is there again.
  if (at.unreachable > 0)
    at.available_at = std::max(at.available_at, now + reconnect_wait(at.unreachable));
  strategy_->begun(at, now);
}

void balancer::end(candidate& at, std::chrono::nanoseconds latency, call_result result,
                   time_point now) {
  --at.in_flight;
  --in_flight_;
  switch (result) {
    case call_result::success:
      at.latency.observe(latency, now);
      break;
    case call_result::failure:
      at.latency.observe(
          std::max(latency, std::chrono::nanoseconds{static_cast<int64_t>(
                                failure_factor * at.latency.value(now))}),
          now);
      break;
    case call_result::unreachable:
      // Attempts that began before the last failure tell nothing new.
      if (now - latency >= at.unreachable_at) {
        ++at.unreachable;
        at.unreachable_at = now;
      }
      at.available_at = std::max(at.available_at, now + reconnect_wait(at.unreachable));
      break;
    case call_result::unknown:
      break;
  }
  // Whoever answers is there, also if it answers by a failure.
  if (at.unreachable > 0
      && (result == call_result::success || result == call_result::failure)) {
    at.unreachable = 0;
    at.available_at = at.outlier.ejected_until;
  }
  outliers_.note(at, result, nodes_, now);
  strategy_->ended(at, latency, result, now);
}

std::chrono::milliseconds balancer::reconnect_wait(uint32_t failures) const noexcept {
  auto doubled = options_.reconnect_time
                 * (int64_t{1} << std::min(std::max(failures, 1u) - 1, 20u));
  return std::min<std::chrono::milliseconds>(doubled, options_.max_reconnect_time);
}

} // namespace mica::discovery
