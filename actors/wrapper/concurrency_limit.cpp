#include "mica/actors/wrapper_limits.hpp"

#include "server/pending_call.hpp"
#include "wrapper/slots.hpp"

#include <google/protobuf/message.h>

#include <string>
#include <unordered_map>
#include <utility>

namespace mica {

namespace {

using slots_ptr = std::shared_ptr<detail::slots>;
using verdict = detail::slots::verdict;

error refusal(const concurrency_options& how, std::string_view who) {
  return {errc::overloaded,
          std::to_string(how.calls)
              + " calls are under way (concurrency_options::calls)" + " and "
              + std::to_string(how.queue) + " wait (queue)",
          std::string{who}};
}

// The place is given back with the answer, however late it comes.
void run(const slots_ptr& slots, context& call, const handler_function& next,
         const google::protobuf::Message& request) {
  call.on_done([slots](const outcome&) { slots->leave(); });
  next(call, request);
}

// A call that waits: its request is the handler's own again with the next call, so this
// has a copy.
void put_off(const slots_ptr& slots, context& call, const handler_function& next,
             const google::protobuf::Message& request) {
  std::shared_ptr<google::protobuf::Message> copy{request.New()};
  copy->CopyFrom(request);
  call.on_cancel([weak = std::weak_ptr{detail::call_of(call)}] {
    if (auto x = weak.lock())
      x->finish({{}, {}, error{errc::cancelled, "the caller left", x->env->service}});
  });
  slots->wait([weak = std::weak_ptr{slots}, next, copy,
               resume = detail::postpone(call)]() -> bool {
    auto line = weak.lock();
    // This may be another actor's thread: whether the call is still open, its own sees.
    resume([line, next, copy](context& again) { run(line, again, next, *copy); },
           [line] { line->leave(); });
    return true;
  });
}

// Nodes come and go: lines that nobody uses are forgotten beyond this number.
constexpr size_t kept_nodes = 1000;

class node_lines {
public:
  slots_ptr find(std::string_view address, const concurrency_options& how) {
    auto name = std::string{address};
    auto found = lines_.find(name);
    if (found != lines_.end())
      return found->second;
    if (lines_.size() >= kept_nodes)
      std::erase_if(lines_, [](const auto& x) { return x.second->taken() == 0; });
    return lines_
        .emplace(std::move(name), std::make_shared<detail::slots>(how.calls, how.queue))
        .first->second;
  }

private:
  std::unordered_map<std::string, slots_ptr> lines_;
};

void send(const slots_ptr& slots, call_attempt& attempt, const call_function& next) {
  attempt.on_done([slots](outcome&) { slots->leave(); });
  next(attempt);
}

void put_off(const slots_ptr& slots, call_attempt& attempt, const call_function& next) {
  auto over = std::make_shared<bool>(false);
  attempt.on_done([over](outcome&) { *over = true; });
  slots->wait([weak = std::weak_ptr{slots}, over, next, held = attempt.hold()] {
    if (*over)
      return false;
    send(weak.lock(), *held, next);
    return true;
  });
}

} // namespace

handler_wrapper concurrency_limit::handler() const {
  auto slots = std::make_shared<detail::slots>(how_.calls, how_.queue);
  return [slots, how = how_](handler_function next) -> handler_function {
    return [slots, how, next](context& call, const google::protobuf::Message& request) {
      auto unary = detail::call_of(call)->method->kind == method_kind::unary;
      switch (slots->ask(unary)) {
        case verdict::enter:
          return run(slots, call, next, request);
        case verdict::wait:
          return put_off(slots, call, next, request);
        default:
          return call.fail(refusal(how, "mica.server"));
      }
    };
  };
}

call_wrapper concurrency_limit::per_node() const {
  return [how = how_](call_function next) -> call_function {
    // Of this client alone: everything here happens on its lane.
    auto lines = std::make_shared<node_lines>();
    return [lines, how, next](call_attempt& attempt) {
      auto slots = lines->find(attempt.address(), how);
      switch (slots->ask()) {
        case verdict::enter:
          return send(slots, attempt, next);
        case verdict::wait:
          return put_off(slots, attempt, next);
        default:
          return attempt.fail(refusal(how, "go.micro.client"));
      }
    };
  };
}

} // namespace mica
