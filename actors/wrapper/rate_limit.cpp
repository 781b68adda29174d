#include "mica/actors/wrapper_limits.hpp"
#include "wrapper/token_bucket.hpp"

#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace mica {

struct rate_limit::state {
  explicit state(rate_options x) : how(std::move(x)) {
    if (!how.now)
      how.now = [] { return std::chrono::steady_clock::now(); };
    bucket.emplace(how.per_second, how.burst > 0 ? how.burst : how.per_second,
                   how.now());
  }

  /// "None", or why a call may not pass.
  error refusal(std::string_view who) {
    std::chrono::nanoseconds wait;
    {
      std::lock_guard guard{mtx};
      if (bucket->take(how.now()))
        return {};
      wait = bucket->wait();
    }
    std::ostringstream text;
    text << "too many calls: " << how.per_second
         << " a second are let through (rate_options::per_second); try again in "
         << static_cast<double>(wait.count()) / 1e9 << " s";
    return {429, text.str(), std::string{who}};
  }

  rate_options how;
  std::mutex mtx;
  std::optional<detail::token_bucket> bucket;
};

rate_limit::rate_limit(rate_options how)
  : state_(std::make_shared<state>(std::move(how))) {
  // nop
}

handler_wrapper rate_limit::handler() const {
  return [state = state_](handler_function next) -> handler_function {
    return [state, next](context& call, const google::protobuf::Message& request) {
      if (auto why = state->refusal("mica.server"))
        call.fail(std::move(why));
      else
        next(call, request);
    };
  };
}

client_wrapper rate_limit::client() const {
  return [state = state_](client_function next) -> client_function {
    return [state, next](client_request& request, call_done done) {
      if (auto why = state->refusal("go.micro.client"))
        done(std::move(why));
      else
        next(request, std::move(done));
    };
  };
}

call_wrapper rate_limit::call() const {
  return [state = state_](call_function next) -> call_function {
    return [state, next](call_attempt& attempt) {
      if (auto why = state->refusal("go.micro.client"))
        attempt.fail(std::move(why));
      else
        next(attempt);
    };
  };
}

} // namespace mica
