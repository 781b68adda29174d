#include "registry/order_lines.hpp"

#include <memory>
#include <utility>

namespace mica::discovery {

void order_lines::enqueue(const std::string& node, order begin, handler done) {
  auto& line = lines_[node];
  if (line.size() >= waiting_per_node)
    return done(mica::error{errc::overloaded,
                            "node " + node + ": too many orders for it in line"});
  auto closing = [this, node, done = std::move(done)](expected<void> outcome) {
    done(std::move(outcome));
    next(node);
  };
  line.push_back(
      [begin = std::move(begin), closing = std::move(closing)] { begin(closing); });
  if (line.size() == 1) {
    // A copy: the order may be over, and its place gone, before this returns.
    auto first = line.front();
    first();
  }
}

void order_lines::next(const std::string& node) {
  auto found = lines_.find(node);
  if (found == lines_.end())
    return;
  found->second.pop_front();
  if (found->second.empty()) {
    lines_.erase(found);
    return;
  }
  auto first = found->second.front();
  first();
}

order_lines::handler join_outcomes(size_t parts, order_lines::handler done) {
  struct shared {
    size_t left;
    expected<void> first;
    order_lines::handler done;
  };
  auto all = std::make_shared<shared>(shared{parts, {}, std::move(done)});
  return [all](expected<void> outcome) {
    if (!outcome && all->first)
      all->first = std::move(outcome);
    if (--all->left == 0)
      all->done(std::move(all->first));
  };
}

} // namespace mica::discovery
