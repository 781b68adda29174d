// How client_core makes one attempt: through the wrappers, over a connection.

#include "client/call_attempt.hpp"
#include "client/client_core.hpp"
#include "mica/codecs/grpc.hpp"

#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

bool is_grpc(dialect x) noexcept {
  return x == dialect::grpc || x == dialect::grpc_go_micro;
}

} // namespace

void client_core::attempt(client_call_ptr call, const route& where,
                          discovery::balancer::node_ptr node) {
  // Given up while it waited.
  if (!call->done)
    return;
  auto now = helpers_.now();
  if (now >= call->deadline)
    return call->finish(timed_out(*call));
  if (node) {
    if (call->history.empty())
      if (auto* budget = directory_.budget(call->request.service))
        budget->earn();
    directory_.begin(call->request.service, *node, now);
    call->began = now;
  }
  call->at = std::move(node);
  call->tried.push_back(where.to.address);
  if (steps_)
    run_steps(call, where, call->at ? call->at->where : nullptr);
  else
    send(std::move(call), where);
}

void client_core::run_steps(const client_call_ptr& call, const route& where,
                            const discovery::node* node) {
  auto& attempt = call->attempt;
  attempt.begin(weak_from_this(), where, node, helpers_.now());
  auto number = attempt.number_;
  attempt.in_steps_ = true;
  try {
    steps_(attempt);
  } catch (const std::exception& x) {
    attempt.fail({errc::internal, std::string{"a call wrapper threw: "} + x.what()});
  } catch (...) {
    attempt.fail({errc::internal,
                  "a call wrapper threw an exception that is no std::exception"});
  }
  // A failure at once may have begun the next attempt.
  if (attempt.number_ != number)
    return;
  attempt.in_steps_ = false;
  using state = call_attempt::state;
  if (attempt.state_ == state::waiting && attempt.kept_) {
    helpers_.later(call->deadline - helpers_.now(),
                   [self = weak_from_this(), weak = std::weak_ptr{call}, number] {
                     auto core = self.lock();
                     auto held = weak.lock();
                     if (core && held && held->attempt.number_ == number
                         && held->attempt.state_ == state::waiting)
                       core->cancel(*held, core->timed_out(*held));
                   });
    return;
  }
  if (attempt.state_ == state::waiting)
    attempt.fail({errc::internal, "a call wrapper dropped the attempt"});
  if (attempt.state_ == state::failed)
    failed(call, where, std::exchange(attempt.failure_, {}));
}

void client_core::send_attempt(call_attempt& attempt) {
  if (attempt.state_ != call_attempt::state::waiting)
    return;
  attempt.state_ = call_attempt::state::sent;
  auto call = attempt.call_->shared_from_this();
  // The next attempt may begin while this one's target is still looked at.
  auto kept = std::move(attempt.kept_);
  if (kept && helpers_.now() >= call->deadline)
    return cancel(*call, timed_out(*call));
  send(std::move(call), *attempt.where_);
}

void client_core::send(client_call_ptr call, const route& where) {
  auto once = call->request.body.size() > options_.limits.repeat_bytes;
  auto transparent =
      call->refusals < options_.limits.free_repetitions
      && (call->address.empty() || (where.over_http2() && call->refusals == 0));
  if (once || call->rule == retry_rule::never)
    call->retries = 0;
  auto last = once || call->rule == retry_rule::never
              || (call->retries <= 0 && !transparent && !call->wishes.wait_for_ready);
  call->repeatable = !last;
  auto content_type =
      is_grpc(where.speaks) ? std::string{} : call->request.content_type;
  auto message = write(*call, where, last);
  if (!message) {
    message.error().id = client_id;
    call->attempt.end(message.error(), helpers_.now());
    settle(*call, discovery::call_result::unknown);
    return call->finish(std::move(message.error()));
  }
  auto number = ++call->attempts;
  auto exchange = options_.pool->exchange(
      where.to, std::move(*message), call->deadline,
      [self = weak_from_this(), call, where,
       content_type](expected<http_response> outcome) {
        auto core = self.lock();
        if (!core || !call->done)
          return;
        if (outcome) {
          auto reply = core->read(std::move(*outcome), where.speaks, content_type);
          if (reply) {
            error none;
            call->attempt.end(none, core->helpers_.now());
            core->settle(*call, discovery::call_result::success);
            return call->finish(std::move(reply));
          }
          return core->failed(call, where, std::move(reply.error()));
        }
        if (outcome.error().id.empty())
          outcome.error().id = client_id;
        core->failed(call, where, std::move(outcome.error()));
      });
  // A failure at once may have begun the next attempt.
  if (call->done && call->attempts == number)
    call->exchange = exchange;
}

} // namespace mica::detail
