#include "server/dispatcher.hpp"

#include "mica/codecs/mucp.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

// Who refuses before any handler ran: the caller may try another node.
constexpr auto server_id = "mica.server";

// Longer ones count as this: the sum with a time point must not overflow.
constexpr auto max_timeout = std::chrono::hours{24 * 365};

} // namespace

dispatcher::dispatcher(std::shared_ptr<server_environment> env) : env_(std::move(env)) {
  // nop
}

expected<void> dispatcher::add(shell_ref shell, bool internal, owner whose) {
  auto ok = targets_.add(shell.core->descriptor(), shells_.size(), internal, whose);
  if (ok)
    shells_.push_back(std::move(shell));
  return ok;
}

http_response dispatcher::refuse(const reply_style& style, error why) {
  env_->errors.fetch_add(1, std::memory_order_relaxed);
  return mucp::write_reply(style, {{}, {}, std::move(why)}, env_->types);
}

// Go Micro's texts, in front of what is there.
error dispatcher::unknown(std::string_view endpoint) const {
  auto service = endpoint.substr(0, endpoint.find('.'));
  auto same_service = [service](const std::string& name) {
    return std::string_view{name}.substr(0, name.find('.')) == service;
  };
  const auto& names = targets_.names();
  auto what = std::any_of(names.begin(), names.end(), same_service)
                  ? "method " + std::string{endpoint}
                  : "service " + std::string{service};
  std::string known;
  for (const auto& name : names)
    known += (known.empty() ? "" : ", ") + name;
  return {errc::endpoint_not_found, "rpc: can't find " + what + "; there are: " + known,
          env_->service};
}

std::optional<http_response> dispatcher::on_request(http_request&& request,
                                                    const net::reply_address& from,
                                                    const net::peer_info& peer) {
  if (request.method == "GET" || request.method == "HEAD") {
    if (auto page = answer_page(request, *env_, ready_, targets_.names()))
      return page;
  }
  auto call = mucp::read_request(std::move(request), env_->types);
  if (!call) {
    call.error().id = env_->service;
    // Moved from on success alone: NOLINTNEXTLINE(bugprone-use-after-move)
    return refuse(mucp::style_of(request), std::move(call.error()));
  }
  const auto* where = targets_.find(call->service, call->style.endpoint);
  if (!where)
    return refuse(call->style, unknown(call->style.endpoint));
  const auto* codec = env_->types.find(call->style.content_type);
  if (!codec)
    return refuse(call->style, {errc::unsupported_content_type,
                                "Unsupported Content-Type: " + call->style.content_type
                                    + "; this service reads " + env_->types.names(),
                                env_->service});
  const auto& shell = shells_[where->handler];
  if (shell.placement != placement::lane
      && shell.waiting->load(std::memory_order_relaxed) >= shell.max_waiting)
    return refuse(call->style, {errc::overloaded,
                                std::to_string(shell.max_waiting) + " calls wait for "
                                    + std::string{shell.core->descriptor().name}
                                    + " (handle_options::waiting_calls)",
                                server_id});
  if (call->timeout && *call->timeout <= std::chrono::nanoseconds{0})
    return refuse(call->style,
                  {errc::timeout, "the deadline passed before the call was started",
                   env_->service});
  auto pending = std::make_shared<pending_call>(std::move(*call), env_);
  pending->arrived = env_->now();
  if (pending->call.timeout)
    pending->deadline =
        pending->arrived
        + std::min<std::chrono::nanoseconds>(*pending->call.timeout, max_timeout);
  pending->method = where->descriptor;
  pending->method_index = where->method;
  pending->body_codec = codec->body.get();
  pending->from = from;
  pending->peer = peer.remote;
  pending->shell = shell.actor;
  if (shell.placement == placement::lane) {
    shell.core->serve(pending);
    if (auto response = pending->take_response())
      return response;
    pending->detached = true;
    adopt(shell.actor, pending);
    return std::nullopt;
  }
  pending->detached = true;
  shell.waiting->fetch_add(1, std::memory_order_relaxed);
  caf::anon_send(shell.actor, std::move(pending));
  return std::nullopt;
}

void dispatcher::on_abandoned(const net::reply_address& from) {
  for (const auto& shell : shells_)
    caf::anon_send(shell.actor, abandoned_call{from});
}

} // namespace mica::detail
