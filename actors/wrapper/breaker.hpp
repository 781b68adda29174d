// When to stop calling what fails: one circuit, and many of them by name.

#pragma once

#include "mica/actors/wrapper_breaker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mica::detail {

using breaker_time = std::chrono::steady_clock::time_point;

/// One circuit. Pure; not thread-safe; time must not go backwards.
class breaker {
public:
  /// What a call that was let through brings along to say how it ended.
  using ticket = uint64_t;

  /// Lets a call through, or not: then `wait` says how long it makes no sense to ask
  /// again.
  struct verdict {
    std::optional<ticket> pass;
    std::chrono::nanoseconds wait{0};
  };

  verdict ask(const breaker_options& how, breaker_time now);

  /// Says how a call ended. Calls that began before the circuit last changed its state
  /// count no more. @returns true if the state has changed.
  bool record(const breaker_options& how, ticket which, bool ok, breaker_time now);

  circuit_state state() const noexcept {
    return state_;
  }

  /// When it was last asked.
  breaker_time used() const noexcept {
    return used_;
  }

private:
  void change(circuit_state to);
  bool too_bad(const breaker_options& how) const;

  circuit_state state_ = circuit_state::closed;
  /// Grows with each change of state.
  ticket era_ = 0;
  breaker_time used_;
  /// Closed: when the counts begin. Open: when it ends. Half-open: of the last probe.
  breaker_time since_;
  size_t calls_ = 0;
  size_t failed_ = 0;
  size_t in_a_row_ = 0;
  size_t probes_ = 0;
  size_t passed_ = 0;
};

/// Circuits by name. Thread-safe.
class breakers {
public:
  explicit breakers(breaker_options how);

  breaker::verdict ask(std::string_view name);

  /// Tells `breaker_options::on_change`, without a lock held.
  void record(std::string_view name, breaker::ticket which, const error& failure);

  circuit_state state(std::string_view name) const;

  const breaker_options& options() const noexcept {
    return how_;
  }

private:
  struct name_hash {
    using is_transparent = void;
    size_t operator()(std::string_view x) const noexcept {
      return std::hash<std::string_view>{}(x);
    }
  };

  breaker& find(std::string_view name);

  const breaker_options how_;
  mutable std::mutex mtx_;
  std::unordered_map<std::string, breaker, name_hash, std::equal_to<>> circuits_;
};

} // namespace mica::detail
