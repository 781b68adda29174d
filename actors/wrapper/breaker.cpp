#include "wrapper/breaker.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

void breaker::change(circuit_state to) {
  state_ = to;
  ++era_;
  calls_ = failed_ = in_a_row_ = probes_ = passed_ = 0;
}

breaker::verdict breaker::ask(const breaker_options& how, breaker_time now) {
  used_ = now;
  if (state_ == circuit_state::open) {
    if (now < since_)
      return {std::nullopt, since_ - now};
    change(circuit_state::half_open);
  }
  if (state_ == circuit_state::half_open) {
    // A probe whose outcome never came must not keep the circuit from closing.
    if (probes_ >= how.probes && now - since_ >= how.open_time)
      probes_ = 0;
    if (probes_ >= how.probes)
      return {std::nullopt, how.open_time - (now - since_)};
    ++probes_;
    since_ = now;
    return {era_, {}};
  }
  if (now - since_ >= how.window) {
    since_ = now;
    calls_ = failed_ = 0;
  }
  return {era_, {}};
}

bool breaker::too_bad(const breaker_options& how) const {
  if (in_a_row_ >= how.failures_in_a_row)
    return true;
  return calls_ >= how.window_calls
         && static_cast<double>(failed_)
                >= how.failure_ratio * static_cast<double>(calls_);
}

bool breaker::record(const breaker_options& how, ticket which, bool ok,
                     breaker_time now) {
  if (which != era_)
    return false;
  if (state_ == circuit_state::half_open) {
    probes_ -= std::min<size_t>(probes_, 1);
    if (ok && ++passed_ < how.probes)
      return false;
    change(ok ? circuit_state::closed : circuit_state::open);
    since_ = ok ? now : now + how.open_time;
    return true;
  }
  ++calls_;
  if (ok) {
    in_a_row_ = 0;
    return false;
  }
  ++failed_;
  ++in_a_row_;
  if (!too_bad(how))
    return false;
  change(circuit_state::open);
  since_ = now + how.open_time;
  return true;
}

namespace {

bool is_their_fault(const error& why) {
  switch (why.reason) {
    case errc::cancelled:
    case errc::unimplemented:
    case errc::would_block:
      return false;
    case errc::timeout:
      return true;
    default:
      return why.code >= 500 || (why.code == 0 && static_cast<bool>(why));
  }
}

} // namespace

breakers::breakers(breaker_options how)
  : how_([&how] {
      if (!how.now)
        how.now = [] { return std::chrono::steady_clock::now(); };
      if (!how.is_failure)
        how.is_failure = is_their_fault;
      how.circuits = std::max<size_t>(how.circuits, 1);
      how.probes = std::max<size_t>(how.probes, 1);
      return std::move(how);
    }()) {
  // nop
}

breaker& breakers::find(std::string_view name) {
  auto found = circuits_.find(name);
  if (found != circuits_.end())
    return found->second;
  if (circuits_.size() >= how_.circuits)
    circuits_.erase(std::min_element(circuits_.begin(), circuits_.end(),
                                     [](const auto& x, const auto& y) {
                                       return x.second.used() < y.second.used();
                                     }));
  return circuits_.try_emplace(std::string{name}).first->second;
}

breaker::verdict breakers::ask(std::string_view name) {
  auto now = how_.now();
  auto half_open = false;
  breaker::verdict result;
  {
    std::lock_guard guard{mtx_};
    auto& circuit = find(name);
    auto before = circuit.state();
    result = circuit.ask(how_, now);
    half_open = before != circuit.state();
  }
  if (half_open && how_.on_change)
    how_.on_change(name, circuit_state::half_open);
  return result;
}

void breakers::record(std::string_view name, breaker::ticket which,
                      const error& failure) {
  auto ok = !failure || !how_.is_failure(failure);
  auto now = how_.now();
  circuit_state state;
  {
    std::lock_guard guard{mtx_};
    auto found = circuits_.find(name);
    if (found == circuits_.end() || !found->second.record(how_, which, ok, now))
      return;
    state = found->second.state();
  }
  if (how_.on_change)
    how_.on_change(name, state);
}

circuit_state breakers::state(std::string_view name) const {
  std::lock_guard guard{mtx_};
  auto found = circuits_.find(name);
  return found == circuits_.end() ? circuit_state::closed : found->second.state();
}

} // namespace mica::detail
