#include "mica/actors/wrapper_logging.hpp"

#include "wrapper/line_text.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace mica {

namespace {

using clock = std::chrono::steady_clock;

std::function<void(std::string_view)> to_stderr() {
  auto logger = std::make_shared<spdlog::logger>(
      "calls", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y/%m/%d %H:%M:%S %v");
  logger->flush_on(spdlog::level::trace);
  return [logger](std::string_view line) {
    logger->log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
  };
}

void write(const logging_options& how, std::string line, const error& failure,
           std::chrono::nanoseconds elapsed) {
  if (!failure && !how.successes)
    return;
  char time[48];
  std::snprintf(time, sizeof(time), " in %.3f ms",
                static_cast<double>(elapsed.count()) / 1e6);
  line += ": ";
  line += failure ? detail::line_text(to_string(failure), how.text_bytes) : "ok";
  line += time;
  how.write(line);
}

std::string text(std::string_view x) {
  return detail::line_text(x, 256);
}

} // namespace

logging::logging(logging_options how) : how_(std::move(how)) {
  if (!how_.write)
    how_.write = to_stderr();
}

handler_wrapper logging::handler() const {
  return [how = how_](handler_function next) -> handler_function {
    return [how, next](context& call, const google::protobuf::Message& request) {
      auto line = text(call.endpoint()) + " of "
                  + (call.peer().empty() ? "this process" : text(call.peer()));
      call.on_done([how, line = std::move(line)](const outcome& x) {
        write(how, line, x.failure, x.elapsed);
      });
      next(call, request);
    };
  };
}

client_wrapper logging::client() const {
  return [how = how_](client_function next) -> client_function {
    return [how, next](client_request& request, call_done done) {
      auto line = "call of " + text(request.service) + " " + text(request.endpoint);
      next(request, [how, line = std::move(line), done = std::move(done),
                     began = clock::now()](expected<void> x) {
        write(how, line, x ? error{} : x.error(), clock::now() - began);
        done(std::move(x));
      });
    };
  };
}

call_wrapper logging::call() const {
  return [how = how_](call_function next) -> call_function {
    return [how, next](call_attempt& attempt) {
      auto line = "attempt " + std::to_string(attempt.number()) + " of "
                  + text(attempt.service()) + " " + text(attempt.endpoint()) + " at "
                  + text(attempt.address());
      attempt.on_done([how, line = std::move(line)](outcome& x) {
        write(how, line, x.failure, x.elapsed);
      });
      next(attempt);
    };
  };
}

stream_wrapper logging::stream() const {
  return [how = how_](stream_function next) -> stream_function {
    return [how, next](streamed_message& message) {
      if (how.successes)
        how.write("message " + std::to_string(message.number()) + " of "
                  + text(message.endpoint())
                  + (message.sent() ? " sent" : " received"));
      next(message);
    };
  };
}

subscriber_wrapper logging::subscriber() const {
  return [how = how_](subscriber_function next) -> subscriber_function {
    return [how, next](event_context& event, const google::protobuf::Message& message) {
      auto line = "event " + text(event.headers().get_or("Micro-Id", "?")) + " of "
                  + text(event.topic()) + ", attempt "
                  + std::to_string(event.attempt());
      event.on_done(
          [how, line = std::move(line), began = clock::now()](const error& why) {
            write(how, line, why, clock::now() - began);
          });
      return next(event, message);
    };
  };
}

} // namespace mica
