#include "client/retry.hpp"

#include <algorithm>
#include <cmath>

namespace mica::detail {

namespace {

// The call provably never reached a handler.
bool never_arrived(const error& failure) {
  if (failure.reason == errc::connection_failed)
    return true;
  return failure.id == "mica.server"
         && (failure.reason == errc::unavailable || failure.reason == errc::overloaded);
}

// The failure says nothing about the request itself.
bool transient(const error& failure) {
  switch (failure.reason) {
    case errc::connection_lost:
    case errc::timeout:
    case errc::overloaded:
    case errc::unavailable:
    case errc::none_available:
    case errc::internal:
      return true;
    default:
      return false;
  }
}

} // namespace

bool may_retry(retry_rule rule, idempotency level, const error& failure) {
  switch (rule) {
    case retry_rule::never:
      return false;
    case retry_rule::go_micro:
      return failure.code == 408 || failure.code == 500 || never_arrived(failure);
    case retry_rule::always:
      return never_arrived(failure) || transient(failure);
    case retry_rule::safe:
      return never_arrived(failure)
             || (level != idempotency::unknown && transient(failure));
  }
  return false;
}

discovery::call_result result_of(const error& failure) {
  using discovery::call_result;
  auto local = failure.id == "go.micro.client";
  switch (failure.reason) {
    case errc::connection_failed:
      return local ? call_result::unreachable : call_result::failure;
    case errc::timeout:
    case errc::connection_lost:
    case errc::protocol_error:
      return call_result::failure;
    case errc::cancelled:
      return call_result::unknown;
    // About the call and the method, not about the node.
    case errc::unimplemented:
    case errc::would_block:
      return call_result::success;
    default:
      // What the client's own limits refuse never left.
      if (local)
        return call_result::unknown;
      return failure.code == 0 || failure.code >= 500 ? call_result::failure
                                                      : call_result::success;
  }
}

std::chrono::nanoseconds back_off(int attempt) {
  if (attempt <= 1)
    return std::chrono::nanoseconds{0};
  auto seconds = 0.1 * std::pow(attempt - 1, std::exp(1.0));
  return std::chrono::nanoseconds{static_cast<int64_t>(std::min(seconds, 120.0) * 1e9)};
}

std::chrono::nanoseconds ready_wait(int round) {
  constexpr std::chrono::milliseconds first{20};
  constexpr std::chrono::nanoseconds most = std::chrono::seconds{1};
  return std::min<std::chrono::nanoseconds>(first * (1 << std::min(round, 10)), most);
}

} // namespace mica::detail
