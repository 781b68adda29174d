// What concerns one node happens in the order in which it was asked for.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace mica::discovery {

/// Orders in line by node, one of each line under way: a deregistration never overtakes
/// a renewal, which would bring the node back. Lives in one actor.
class order_lines {
public:
  using handler = std::function<void(expected<void>)>;

  /// Begins an order; calls its handler once when it is over.
  using order = std::function<void(handler)>;

  /// Orders in line for one node. Beyond: `errc::overloaded`.
  static constexpr size_t waiting_per_node = 16;

  /// Begins the order, now or when those before it are over. `done` is called once.
  void enqueue(const std::string& node, order begin, handler done);

private:
  void next(const std::string& node);

  std::map<std::string, std::deque<std::function<void()>>> lines_;
};

/// Returns a handler for `parts` outcomes, above 0, that calls `done` once all are
/// here, with the first failure.
order_lines::handler join_outcomes(size_t parts, order_lines::handler done);

} // namespace mica::discovery
