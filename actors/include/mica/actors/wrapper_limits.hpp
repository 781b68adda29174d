// Limits on how many calls there may be: in a second, and at a time.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/actors/handler.hpp"
#include "mica/actors/wrapper.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace mica {

/// docs/limits.md lists the numbers.
struct rate_options {
  /// Calls a second in the long run, above 0.
  double per_second = 100;
  /// Calls at once after a rest; 0 means `per_second`. At least 1.
  double burst = 0;
  /// The clock; default: `std::chrono::steady_clock`.
  std::function<std::chrono::steady_clock::time_point()> now = {};
};

/// A token bucket, shared by all copies and by every wrapper made of them. Thread-safe.
/// Who comes when it is empty is refused at once with 429, as by Go Micro's limiters.
class rate_limit {
public:
  explicit rate_limit(rate_options how = {});

  /// Calls of the service.
  handler_wrapper handler() const;

  /// Calls that the client makes; repetitions are not counted.
  client_wrapper client() const;

  /// Attempts, repetitions too.
  call_wrapper call() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// docs/limits.md lists the numbers.
struct concurrency_options {
  /// Calls at a time.
  size_t calls = 100;
  /// Calls that wait for one of them to end, in the order in which they came; beyond:
  /// 503, `errc::overloaded`. Nobody waits longer than his call's deadline.
  size_t queue = 0;
};

/// A limit on calls under way.
class concurrency_limit {
public:
  explicit concurrency_limit(concurrency_options how = {}) : how_(how) {
    // nop
  }

  /// Calls that the service answers: all handlers that get this very wrapper share the
  /// limit. Streams count until they are over, and do not wait. One handler answers its
  /// calls one after the other, so what counts here are answers that come later
  /// (`context::defer`) and calls of different handlers. Refused callers may go to
  /// another node.
  handler_wrapper handler() const;

  /// Attempts of unary calls to one node, of one client. Refused ones go to another
  /// node, if retries are left.
  call_wrapper per_node() const;

private:
  concurrency_options how_;
};

} // namespace mica
