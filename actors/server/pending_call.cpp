#include "server/pending_call.hpp"

#include "mica/codecs/grpc.hpp"
#include "mica/codecs/mucp.hpp"

#include <caf/send.hpp>

#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

namespace mica::detail {

pending_call::pending_call(incoming_call what,
                           std::shared_ptr<server_environment> where)
  : call(std::move(what)),
    env(std::move(where)),
    compression(env->compression) {
  // nop
}

bool pending_call::close(const error& failure) {
  if (std::exchange(answered_, true))
    return false;
  if (failure)
    env->errors.fetch_add(1, std::memory_order_relaxed);
  if (!on_done.empty()) {
    outcome result{failure, env->now() - arrived};
    for (auto& f : on_done)
      f(result);
  }
  // Once answered, nothing is left to cancel.
  cancel_watches_.clear();
  return true;
}

void pending_call::finish(outgoing_reply&& reply) {
  if (!close(reply.failure))
    return;
  if (in_kind) {
    in_kind(nullptr, reply.failure);
    return;
  }
  for (auto field : reply_headers)
    reply.headers.add(field.name, field.value);
  reply.trailers = std::move(reply_trailers);
  auto response = write_answer(call.style, std::move(reply), *env, compression);
  if (detached)
    net::send_reply(from, std::move(response));
  else
    response_ = std::move(response);
}

void pending_call::respond(const google::protobuf::Message& response) {
  if (!in_kind)
    finish(encode(response));
  else if (close({}))
    in_kind(&response, {});
}

void pending_call::answer_later(outgoing_reply&& reply) {
  if (!taken_.exchange(true))
    caf::anon_send(shell, late_answer{shared_from_this(), std::move(reply), nullptr});
}

void pending_call::answer_later(const google::protobuf::Message& response) {
  if (!in_kind)
    return answer_later(encode(response));
  if (taken_.exchange(true))
    return;
  std::shared_ptr<google::protobuf::Message> copy{response.New()};
  copy->CopyFrom(response);
  caf::anon_send(shell, late_answer{shared_from_this(), {}, std::move(copy)});
}

outgoing_reply pending_call::encode(const google::protobuf::Message& response) const {
  outgoing_reply result;
  if (call.style.via == protocol::grpc) {
    // So that the message need not move when its prefix is known.
    grpc::begin_message(result.body);
    result.body_offset = result.body.size();
  }
  if (auto ok = body_codec->encode(response, result.body); !ok) {
    result.body.clear();
    result.failure = std::move(ok.error());
    result.failure.id = env->service;
    if (result.failure.reason == errc::invalid_argument)
      result.failure =
          error{errc::internal, "response: " + result.failure.detail, env->service};
  }
  return result;
}

resumption postpone(context& call) {
  const auto& pending = call_of(call);
  pending->deferred = true;
  return [pending](std::function<void(context&)> step, std::function<void()> dropped) {
    caf::anon_send(pending->shell,
                   resumed_call{pending, std::move(step), std::move(dropped)});
  };
}

http_response write_answer(const reply_style& style, outgoing_reply&& reply,
                           const server_environment& env, grpc::coding compression) {
  if (style.via == protocol::grpc)
    return grpc::write_reply(style, std::move(reply), compression, env.message_bytes);
  return mucp::write_reply(style, std::move(reply), env.types);
}

std::optional<http_response> pending_call::take_response() {
  return std::exchange(response_, std::nullopt);
}

void pending_call::on_cancel(std::function<void()> then) {
  cancel_watches_.push_back({{}, false, std::move(then)});
}

void pending_call::on_cancel(std::weak_ptr<void> owner, std::function<void()> then) {
  if (cancel_watches_.size() >= watches_to_check_) {
    std::erase_if(cancel_watches_,
                  [](const cancel_watch& x) { return x.owned && x.owner.expired(); });
    watches_to_check_ = std::max<size_t>(32, 2 * cancel_watches_.size());
  }
  cancel_watches_.push_back({std::move(owner), true, std::move(then)});
}

void pending_call::cancel() {
  if (answered_ || std::exchange(cancelled_, true))
    return;
  auto callbacks = std::exchange(cancel_watches_, {});
  for (auto& x : callbacks)
    x.then();
}

bool pending_call::cancelled() const {
  return cancelled_ || (deadline && env->now() >= *deadline);
}

} // namespace mica::detail
