// What client_core does when an attempt has failed: again, elsewhere, or not at all.

#include "client/client_core.hpp"
#include "client/retry.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

std::string reason_text(const error& why) {
  return why.detail.empty() ? std::string{to_string(why.reason)} : why.detail;
}

std::string seconds_text(std::chrono::nanoseconds x) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3gs",
                std::max(0.0, std::chrono::duration<double>(x).count()));
  return text;
}

} // namespace

bool nobody_there(const error& why) {
  return why.id == client_id
         && (why.reason == errc::connection_failed || why.reason == errc::none_available
             || why.reason == errc::service_not_found);
}

void client_core::settle(client_call& call, discovery::call_result result) {
  auto at = std::exchange(call.at, nullptr);
  if (!at)
    return;
  auto now = helpers_.now();
  directory_.end(call.request.service, *at, now - call.began,
                 call.attempt.unsent_ ? discovery::call_result::unknown : result, now);
}

std::string client_core::target_text(const client_call& call,
                                     const route& where) const {
  auto result = where.to.address;
  if (call.at && call.at->where != nullptr)
    result = call.at->where->id + " at " + result + " of " + directory_.registry();
  return result + ", " + seconds_text(call.deadline - helpers_.now()) + " left";
}

void client_core::failed(client_call_ptr call, const route& where, error why) {
  call->exchange = 0;
  call->attempt.end(why, helpers_.now());
  auto target = target_text(*call, where);
  settle(*call, result_of(why));
  if (closed_)
    return call->finish(error{errc::unavailable, "the client was stopped", client_id});
  if (repeats_freely(*call, where, why)) {
    call->note(std::move(target), reason_text(why));
    return again(std::move(call), std::chrono::nanoseconds{0});
  }
  if (wait_until_ready(call, why))
    return;
  call->note(std::move(target), reason_text(why));
  auto wait = back_off(static_cast<int>(call->tried.size()));
  if (may_repeat(*call, why, helpers_.now() + wait)) {
    --call->retries;
    return again(std::move(call), wait);
  }
  // What a handler said stays as it said it.
  if (why.id == client_id)
    why.detail = call->story();
  call->finish(std::move(why));
}

// gRPC's transparent retry: what never left, or was refused before anybody looked at
// it, does not count; on the same node once.
bool client_core::repeats_freely(client_call& call, const route& where,
                                 const error& why) {
  if (why.reason != errc::connection_failed || why.id != client_id || !call.repeatable
      || call.refusals >= options_.limits.free_repetitions
      || call.rule == retry_rule::never || helpers_.now() >= call.deadline)
    return false;
  if (!(call.refusals == 0 && where.over_http2()) && !has_other_node(call))
    return false;
  ++call.refusals;
  return true;
}

bool client_core::has_other_node(const client_call& call) {
  if (!call.address.empty())
    return false;
  auto found = directory_.pick(call.request.service,
                               {call.wishes.key, call.wishes.filters, call.tried},
                               helpers_.now());
  return found && *found
         && std::find(call.tried.begin(), call.tried.end(), (**found)->where->address)
                == call.tried.end();
}

bool client_core::may_repeat(client_call& call, const error& why, time_point at) {
  auto harmless = may_retry(call.rule, call.level, why)
                  || (call.attempt.unsent_ && call.rule != retry_rule::never);
  if (!call.repeatable || call.retries <= 0 || !harmless || at >= call.deadline)
    return false;
  auto* budget =
      call.address.empty() ? directory_.budget(call.request.service) : nullptr;
  if (budget == nullptr || budget->spend(helpers_.now()))
    return true;
  call.history.back().reason += "; not repeated: the retry budget is used up";
  return false;
}

void client_core::unroutable(client_call_ptr call, error why) {
  if (!closed_ && wait_until_ready(call, why))
    return;
  if (!call->history.empty() && why.id == client_id)
    why.detail += "; tried before: " + call->story();
  call->finish(std::move(why));
}

bool client_core::wait_until_ready(const client_call_ptr& call, const error& why) {
  if (!call->wishes.wait_for_ready || !nobody_there(why))
    return false;
  // Only the last reason: a call may wait for long.
  call->waits_for = reason_text(why);
  // All nodes count as untried, and an attempt that failed as none.
  call->tried.clear();
  auto left = call->deadline - helpers_.now();
  again(call, std::min<std::chrono::nanoseconds>(ready_wait(call->waits++), left));
  return true;
}

void client_core::again(client_call_ptr call, std::chrono::nanoseconds wait) {
  auto retry = [self = weak_from_this(), call = std::move(call)] {
    if (auto core = self.lock())
      core->begin(call);
  };
  if (wait <= std::chrono::nanoseconds{0} && depth_ < max_depth)
    retry();
  else
    helpers_.later(wait, std::move(retry));
}

error client_core::timed_out(const client_call& call) const {
  auto why = call.story();
  if (!call.waits_for.empty())
    why += (why.empty() ? "waited for: " : "; waited for: ") + call.waits_for;
  return {errc::timeout,
          "call timeout: context deadline exceeded"
              + (why.empty() ? "" : " (" + why + ")"),
          client_id};
}

} // namespace mica::detail
