#include "mica/actors/wrapper_tracing.hpp"

#include "server/pending_call.hpp"
#include "wrapper/trace_ids.hpp"

#include <utility>

namespace mica {

namespace {

using options_ptr = std::shared_ptr<const tracing_options>;

// A span below `parent`, or the first one of a trace.
span begin(const tracing_options& how, const trace_context* parent, span_kind kind) {
  span result;
  result.kind = kind;
  result.start = std::chrono::system_clock::now();
  auto& own = result.context;
  if (parent != nullptr) {
    own = *parent;
    result.parent = parent->span_id;
  } else {
    detail::fill_random(own.trace_id.data(), own.trace_id.size());
    own.flags = detail::sampled_by_ratio(own.trace_id, how.sample_ratio) ? 1 : 0;
  }
  detail::fill_random(own.span_id.data(), own.span_id.size());
  return result;
}

void collect(const tracing_options& how, const span& what) noexcept {
  try {
    how.collect(what);
  } catch (...) {
    // The call must not suffer from who watches it.
  }
}

bool wanted(const tracing_options& how, const span& what) {
  return how.collect && what.context.sampled();
}

} // namespace

const trace_context* trace_of(context& call) {
  return static_cast<const trace_context*>(detail::call_of(call)->span.get());
}

tracing::tracing(tracing_options how)
  : how_(std::make_shared<const tracing_options>(std::move(how))) {
  // nop
}

handler_wrapper tracing::handler() const {
  return [how = how_](handler_function next) -> handler_function {
    return [how, next](context& call, const google::protobuf::Message& request) {
      auto parent = read_trace(call.headers());
      auto own = begin(*how, parent ? &*parent : nullptr, span_kind::server);
      detail::call_of(call)->span = std::make_shared<const trace_context>(own.context);
      if (wanted(*how, own)) {
        own.service = call.service();
        own.endpoint = call.endpoint();
        own.peer = call.peer();
        call.on_done([how, own = std::move(own)](const outcome& x) mutable {
          own.duration = x.elapsed;
          own.failure = x.failure;
          collect(*how, own);
        });
      }
      next(call, request);
    };
  };
}

client_wrapper tracing::client() const {
  return [how = how_](client_function next) -> client_function {
    return [how, next](client_request& request, call_done done) {
      auto& headers = request.options.headers;
      std::optional<trace_context> named;
      const trace_context* parent = nullptr;
      if (const auto& call = detail::parent_of(request.from); call && call->span)
        parent = static_cast<const trace_context*>(call->span.get());
      else if ((named = read_trace(headers)))
        parent = &*named;
      auto own = begin(*how, parent, span_kind::client);
      write_trace(own.context, own.parent, headers);
      if (!wanted(*how, own))
        return next(request, std::move(done));
      own.service = request.service;
      own.endpoint = request.endpoint;
      auto began = std::chrono::steady_clock::now();
      next(request, [how, own = std::move(own), began,
                     done = std::move(done)](expected<void> x) mutable {
        own.duration = std::chrono::steady_clock::now() - began;
        own.failure = x ? error{} : x.error();
        collect(*how, own);
        done(std::move(x));
      });
    };
  };
}

subscriber_wrapper tracing::subscriber() const {
  return [how = how_](subscriber_function next) -> subscriber_function {
    return [how, next](event_context& event, const google::protobuf::Message& message) {
      auto parent = read_trace(event.headers());
      auto own = begin(*how, parent ? &*parent : nullptr, span_kind::consumer);
      if (wanted(*how, own)) {
        own.service = event.service();
        own.endpoint = event.topic();
        auto began = std::chrono::steady_clock::now();
        event.on_done([how, own = std::move(own), began](const error& why) mutable {
          own.duration = std::chrono::steady_clock::now() - began;
          own.failure = why;
          collect(*how, own);
        });
      }
      return next(event, message);
    };
  };
}

} // namespace mica
