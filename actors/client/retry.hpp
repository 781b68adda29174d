// When a call may be made again, and how long after: pure functions.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/discovery/selector.hpp"

#include <chrono>

namespace mica::detail {

/// True if `failure` leaves a repetition harmless by the rule (architecture 7).
bool may_retry(retry_rule rule, idempotency level, const error& failure);

/// What the end of an attempt says of its node.
discovery::call_result result_of(const error& failure);

/// Time before attempt number `attempt` (1: the first repetition), as in Go Micro v2:
/// 0.1 s * attempt^e; none before the first one. At most 2 minutes.
std::chrono::nanoseconds back_off(int attempt);

/// Time before a call that waits for a node tries again, the `round`th time (from 0):
/// 20 ms, twice as long each time, at most one second.
std::chrono::nanoseconds ready_wait(int round);

} // namespace mica::detail
