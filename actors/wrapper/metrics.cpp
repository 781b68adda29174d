#include "wrapper/metrics_core.hpp"

#include <utility>

namespace mica {

namespace {

using clock = std::chrono::steady_clock;

std::string full_name(std::string_view service, std::string_view endpoint) {
  std::string result{service};
  result += '.';
  result += endpoint;
  return result;
}

} // namespace

metrics::metrics(metrics_options how)
  : core_(std::make_shared<detail::metrics_core>(std::move(how))) {
  // nop
}

void metrics::identify(std::string name, std::string version, std::string id) {
  core_->identify(std::move(name), std::move(version), std::move(id));
}

handler_wrapper metrics::handler() const {
  return [core = core_](handler_function next) -> handler_function {
    return [core, next](context& call, const google::protobuf::Message& request) {
      const auto& numbers = core->of_calls(call.endpoint());
      numbers.begin();
      call.on_done([core, &numbers](const outcome& x) {
        numbers.end(static_cast<bool>(x.failure), x.elapsed);
      });
      next(call, request);
    };
  };
}

client_wrapper metrics::client() const {
  return [core = core_](client_function next) -> client_function {
    return [core, next](client_request& request, call_done done) {
      const auto& numbers =
          core->of_calls(full_name(request.service, request.endpoint));
      numbers.begin();
      next(request, [core, &numbers, began = clock::now(),
                     done = std::move(done)](expected<void> x) {
        numbers.end(!x, clock::now() - began);
        done(std::move(x));
      });
    };
  };
}

call_wrapper metrics::call() const {
  return [core = core_](call_function next) -> call_function {
    return [core, next](call_attempt& attempt) {
      attempt.on_done(
          [core, name = full_name(attempt.service(), attempt.endpoint())](outcome& x) {
            core->of_attempts(name, static_cast<bool>(x.failure)).Increment();
          });
      next(attempt);
    };
  };
}

stream_wrapper metrics::stream() const {
  return [core = core_](stream_function next) -> stream_function {
    return [core, next](streamed_message& message) {
      auto& count =
          message.on_server()
              ? core->of_messages(message.endpoint(), message.sent())
              : core->of_messages(full_name(message.service(), message.endpoint()),
                                  message.sent());
      count.Increment();
      next(message);
    };
  };
}

subscriber_wrapper metrics::subscriber() const {
  return [core = core_](subscriber_function next) -> subscriber_function {
    return
        [core, next](event_context& event, const google::protobuf::Message& message) {
          const auto& numbers = core->of_calls(event.topic());
          numbers.begin();
          event.on_done([core, &numbers, began = clock::now()](const error& why) {
            numbers.end(static_cast<bool>(why), clock::now() - began);
          });
          return next(event, message);
        };
  };
}

std::string metrics::text() const {
  return core_->text();
}

bool metrics::available() noexcept {
  return true;
}

} // namespace mica
