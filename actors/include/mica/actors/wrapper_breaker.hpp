// A circuit breaker: what fails again and again is left alone for a while.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/actors/wrapper.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mica {

namespace detail {
class breakers;
}

enum class circuit_state : uint8_t {
  /// Calls go through and are counted.
  closed,
  /// Calls fail at once.
  open,
  /// A few calls try whether it works again.
  half_open,
};

std::string_view to_string(circuit_state x) noexcept;

/// When a circuit opens and closes. docs/limits.md lists the numbers.
struct breaker_options {
  /// Failures one after the other that open it.
  size_t failures_in_a_row = 5;
  /// Part of the calls of a window that have to fail to open it, above 0 to 1.
  double failure_ratio = 0.5;
  /// The ratio counts from so many calls in a window.
  size_t window_calls = 20;
  /// Counts begin anew after so long.
  std::chrono::nanoseconds window = std::chrono::seconds{10};
  /// How long it stays open.
  std::chrono::nanoseconds open_time = std::chrono::seconds{5};
  /// Half-open, so many calls may be under way, and so many have to succeed to close
  /// it; one failure opens it. A probe without an outcome counts no more after
  /// `open_time`.
  size_t probes = 1;
  /// Circuits kept; beyond, the one that was not asked for longest is forgotten.
  size_t circuits = 1000;
  /// Which failures count. Default: those that say something about the other side,
  /// 500 and above, timeouts, lost connections; not what is wrong with the request,
  /// nor calls that were cancelled.
  std::function<bool(const error&)> is_failure = {};
  /// Told of every change of state, on the thread of the call that caused it; must be
  /// quick. The name is that of the service, the endpoint or the node's address.
  std::function<void(std::string_view name, circuit_state now)> on_change = {};
  /// The clock; default: `std::chrono::steady_clock`.
  std::function<std::chrono::steady_clock::time_point()> now = {};
};

/// Circuits, shared by all copies and by every wrapper made of them. Thread-safe.
///
/// A call that finds its circuit open fails with `errc::unavailable`, and the error
/// names the circuit and the time left.
class circuit_breaker {
public:
  explicit circuit_breaker(breaker_options how = {});

  /// One circuit for each service that is called.
  client_wrapper per_service() const;

  /// One circuit for each endpoint of each service: `greeter.Greeter.Hello`.
  client_wrapper per_endpoint() const;

  /// One circuit for each node's address. Its attempts go to another node, if retries
  /// are left. Unary calls only.
  call_wrapper per_node() const;

  /// The state of a circuit; closed if there is none of this name.
  circuit_state state(std::string_view name) const;

private:
  std::shared_ptr<detail::breakers> circuits_;
};

} // namespace mica
