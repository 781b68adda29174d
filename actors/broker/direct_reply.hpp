// Events that came straight to the server's socket (wire reference 3.8).

#pragma once

#include "mica/actors/broker.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

namespace mica::detail {

/// Stands in for a broker: one request, answered when each subscriber of its topic has
/// had it, once. Thread-safe.
class direct_reply : public broker::subscription {
public:
  /// @param subscribers that get the event, with the tags 1 to `subscribers`.
  /// @param done called once, on the thread of the last: the first failure, or "none".
  direct_reply(size_t subscribers, std::function<void(error)> done);

  void settle(uint64_t tag, broker::verdict how) noexcept override;

  /// In place of a second delivery.
  void fail(error why) noexcept;

private:
  void finish(error why) noexcept;

  std::mutex mtx_;
  size_t open_;
  error failure_;
  std::function<void(error)> done_;
};

} // namespace mica::detail
