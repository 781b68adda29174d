#include "mica/actors/wrapper_breaker.hpp"

#include "wrapper/breaker.hpp"

#include <cstdio>
#include <utility>

namespace mica {

namespace {

constexpr auto client_id = "go.micro.client";

using circuits_ptr = std::shared_ptr<detail::breakers>;

error refusal(std::string_view name, const detail::breaker::verdict& x) {
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.3f s",
                static_cast<double>(x.wait.count()) / 1e9);
  return {errc::unavailable,
          "the circuit of " + std::string{name}
              + " is open: it failed too often; the next try is in " + seconds,
          client_id};
}

client_wrapper around_calls(const circuits_ptr& circuits, bool endpoints) {
  return [circuits, endpoints](client_function next) -> client_function {
    return [circuits, endpoints, next](client_request& request, call_done done) {
      auto name =
          endpoints ? request.service + "." + request.endpoint : request.service;
      auto verdict = circuits->ask(name);
      if (!verdict.pass)
        return done(refusal(name, verdict));
      next(request, [circuits, name = std::move(name), pass = *verdict.pass,
                     done = std::move(done)](expected<void> outcome) {
        circuits->record(name, pass, outcome ? error{} : outcome.error());
        done(std::move(outcome));
      });
    };
  };
}

} // namespace

std::string_view to_string(circuit_state x) noexcept {
  switch (x) {
    case circuit_state::closed:
      return "closed";
    case circuit_state::open:
      return "open";
    default:
      return "half-open";
  }
}

circuit_breaker::circuit_breaker(breaker_options how)
  : circuits_(std::make_shared<detail::breakers>(std::move(how))) {
  // nop
}

client_wrapper circuit_breaker::per_service() const {
  return around_calls(circuits_, false);
}

client_wrapper circuit_breaker::per_endpoint() const {
  return around_calls(circuits_, true);
}

call_wrapper circuit_breaker::per_node() const {
  return [circuits = circuits_](call_function next) -> call_function {
    return [circuits, next](call_attempt& attempt) {
      auto verdict = circuits->ask(attempt.address());
      if (!verdict.pass)
        return attempt.fail(refusal(attempt.address(), verdict));
      attempt.on_done([circuits, name = std::string{attempt.address()},
                       pass = *verdict.pass](outcome& result) {
        circuits->record(name, pass, result.failure);
      });
      next(attempt);
    };
  };
}

circuit_state circuit_breaker::state(std::string_view name) const {
  return circuits_->state(name);
}

} // namespace mica
