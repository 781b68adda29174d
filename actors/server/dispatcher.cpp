#include "server/dispatcher.hpp"

#include "mica/codecs/grpc.hpp"
#include "mica/codecs/mucp.hpp"

#include "stream/grpc_wire.hpp"
#include "stream/mucp_wire.hpp"
#include "stream/server_stream.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

// Who refuses before any handler ran: the caller may try another node.
constexpr auto server_id = "mica.server";

// Longer ones count as this: the sum with a time point must not overflow.
constexpr auto max_timeout = std::chrono::hours{24 * 365};

// Calls that a shell gets at once: it shall start before all were read.
constexpr size_t max_batch = 32;

// Bytes of a name that nobody has, in an error.
constexpr size_t max_quote = 64;

// mucp over HTTP/1.1 knows this content type too, and means something else.
bool speaks_grpc(const http_request& request) {
  return request.major_version == 2
         && grpc::is_grpc(request.fields.get_or("content-type", ""));
}

/// Drops what comes on a stream that was answered already.
class drain_receiver : public net::stream_receiver {
public:
  explicit drain_receiver(const net::stream_sender& to) : to_(to) {
    // nop
  }

  void on_data(std::string_view bytes) override {
    to_.consumed(bytes.size());
  }

  void on_end(metadata&&) override {
    // nop
  }

  void on_reset(const error&) override {
    // nop
  }

  void on_writable() override {
    // nop
  }

private:
  net::stream_sender to_;
};

// The method of a path, whatever stands before it.
std::string_view last_name(std::string_view target) noexcept {
  target = target.substr(0, target.find('?'));
  return target.substr(target.rfind('/') + 1);
}

std::string quoted(std::string_view name) {
  return std::string{name.substr(0, max_quote)}
         + (name.size() > max_quote ? "..." : "");
}

} // namespace

dispatcher::dispatcher(std::shared_ptr<server_environment> env, stream_bounds bounds)
  : env_(std::move(env)),
    bounds_(bounds) {
  // nop
}

expected<void> dispatcher::add(shell_ref shell, bool internal, owner whose) {
  auto ok = targets_.add(shell.core->descriptor(), shells_.size(), internal, whose);
  if (!ok)
    return ok;
  for (const auto& method : shell.core->descriptor().methods)
    if (method.kind != method_kind::unary)
      streaming_.push_back(method.name);
  if (shell.actor)
    shell.streams_home = std::make_shared<shell_home>(shell.actor);
  shells_.push_back(std::move(shell));
  batches_.emplace_back();
  return ok;
}

// The answer stands in the trailers or the last message, and what the client still
// sends is dropped.
std::unique_ptr<net::stream_receiver>
dispatcher::refuse_stream(const reply_style& style, error why,
                          const net::stream_sender& to) {
  env_->errors.fetch_add(1, std::memory_order_relaxed);
  if (why.id.empty())
    why.id = env_->service;
  if (style.via == protocol::grpc) {
    to.head(grpc::write_head(style, {}));
    to.end(grpc::write_trailers(style, why, {}));
  } else {
    to.end(mucp::write_stream_end(style, why, {}));
  }
  return std::make_unique<drain_receiver>(to);
}

std::unique_ptr<net::stream_receiver>
dispatcher::on_stream(http_request& head, const net::stream_sender& to,
                      const net::peer_info& peer) {
  return head.major_version == 1 ? on_mucp_stream(head, to, peer)
                                 : on_grpc_stream(head, to, peer);
}

std::unique_ptr<net::stream_receiver>
dispatcher::on_mucp_stream(http_request& first, const net::stream_sender& to,
                           const net::peer_info& peer) {
  auto named = mucp::read_stream_fields(first.fields);
  if (named.stream.empty())
    return nullptr;
  const auto* where = targets_.find(named.service, named.endpoint);
  if (where && where->descriptor->kind == method_kind::unary)
    return nullptr;
  auto style = mucp::style_of(first);
  const auto* type = env_->types.find(style.content_type);
  if (type && type->envelope != framing::none)
    return refuse_stream(style,
                         {errc::unsupported_content_type,
                          style.content_type
                              + " has an envelope for each call and none for messages "
                                "of streams: use application/protobuf or "
                                "application/json"},
                         to);
  auto call = mucp::read_request(std::move(first), env_->types);
  if (!call)
    return refuse_stream(style, std::move(call.error()), to);
  if (!where)
    return refuse_stream(style, unknown(call->style), to);
  if (auto why = expired(*call))
    return refuse_stream(style, std::move(why), to);
  // What opens a stream says nothing else (wire reference 3.7).
  call->body.clear();
  auto pending = make_pending(std::move(*call), *where, *type->body, peer);
  auto wire = make_mucp_server_wire(to, {pending->call.style, *type->body,
                                         pending->reply_headers,
                                         pending->reply_trailers, env_->message_bytes});
  return open_stream(std::move(pending), *where, std::move(wire), to);
}

std::unique_ptr<net::stream_receiver>
dispatcher::on_grpc_stream(http_request& head, const net::stream_sender& to,
                           const net::peer_info& peer) {
  auto named = std::find(streaming_.begin(), streaming_.end(), last_name(head.target));
  if (named == streaming_.end() || !speaks_grpc(head))
    return nullptr;
  auto path = grpc::parse_path(head.target);
  const auto* where = targets_.find(path.service, path.endpoint());
  if (!where || where->descriptor->kind == method_kind::unary)
    return nullptr;
  auto read = grpc::read_head(std::move(head), env_->types);
  if (!read)
    // Moved from on success alone: NOLINTNEXTLINE(bugprone-use-after-move)
    return refuse_stream(grpc::style_of(head), std::move(read.error()), to);
  auto& call = read->call;
  if (auto why = expired(call))
    return refuse_stream(call.style, std::move(why), to);
  const auto& codec = *grpc::find_codec(call.style.content_type, env_->types)->body;
  auto pending = make_pending(std::move(call), *where, codec, peer);
  auto wire = make_grpc_server_wire(
      to, {pending->call.style, codec, pending->reply_headers, pending->reply_trailers,
           read->from, pending->compression, env_->message_bytes});
  return open_stream(std::move(pending), *where, std::move(wire), to);
}

std::unique_ptr<net::stream_receiver>
dispatcher::open_stream(pending_call_ptr call, const endpoint_table::target& where,
                        std::unique_ptr<stream_wire> wire,
                        const net::stream_sender& to) {
  call->from = {to.connection(), to.stream()};
  auto style = call->call.style;
  auto opened = open_server_stream(shells_[where.handler],
                                   {std::move(call), std::move(wire), bounds_});
  if (!opened)
    return refuse_stream(style, std::move(opened.error()), to);
  return std::move(*opened);
}

http_response dispatcher::refuse(const reply_style& style, error why) {
  env_->errors.fetch_add(1, std::memory_order_relaxed);
  return write_answer(style, {{}, {}, std::move(why)}, *env_, grpc::coding::identity);
}

http_response dispatcher::refuse_unread(const http_request& request, error why) {
  why.id = env_->service;
  if (speaks_grpc(request))
    return refuse(grpc::style_of(request), std::move(why));
  if (why.reason == errc::unsupported_content_type && request.major_version == 2
      && request.fields.get_or("user-agent", "").starts_with("grpc-")) {
    env_->errors.fetch_add(1, std::memory_order_relaxed);
    return grpc::write_wrong_type(why);
  }
  return refuse(mucp::style_of(request), std::move(why));
}

// Go Micro's texts, in front of what is there.
error dispatcher::unknown(const reply_style& style) const {
  std::string_view endpoint = style.endpoint;
  auto service = endpoint.substr(0, endpoint.find('.'));
  auto same_service = [service](const std::string& name) {
    return std::string_view{name}.substr(0, name.find('.')) == service;
  };
  const auto& names = targets_.names();
  auto has_service = std::any_of(names.begin(), names.end(), same_service);
  auto name = quoted(has_service ? endpoint : service);
  std::string what = "unknown service " + name;
  if (style.via != protocol::grpc)
    what =
        std::string{"rpc: can't find "} + (has_service ? "method " : "service ") + name;
  std::string known;
  for (const auto& x : names)
    known += (known.empty() ? "" : ", ") + x;
  return {errc::endpoint_not_found, what + "; there are: " + known, env_->service};
}

error dispatcher::expired(const incoming_call& call) const {
  if (call.timeout && *call.timeout <= std::chrono::nanoseconds{0})
    return {errc::timeout, "the deadline passed before the call was started",
            env_->service};
  return {};
}

error dispatcher::refusal(const incoming_call& call, const shell_ref& shell) const {
  if (shell.placement != placement::lane
      && shell.waiting->load(std::memory_order_relaxed) >= shell.max_waiting)
    return {errc::overloaded,
            std::to_string(shell.max_waiting) + " calls wait for "
                + std::string{shell.core->descriptor().name}
                + " (handle_options::waiting_calls)",
            server_id};
  return expired(call);
}

pending_call_ptr dispatcher::make_pending(incoming_call&& call,
                                          const endpoint_table::target& where,
                                          const mica::codec& codec,
                                          const net::peer_info& peer) const {
  auto pending = std::make_shared<pending_call>(std::move(call), env_);
  pending->arrived = env_->now();
  if (pending->call.timeout)
    pending->deadline =
        pending->arrived
        + std::min<std::chrono::nanoseconds>(*pending->call.timeout, max_timeout);
  pending->method = where.descriptor;
  pending->method_index = where.method;
  pending->body_codec = &codec;
  pending->peer = peer.remote;
  pending->shell = shells_[where.handler].actor;
  return pending;
}

std::optional<http_response> dispatcher::on_request(http_request&& request,
                                                    const net::reply_address& from,
                                                    const net::peer_info& peer) {
  if (request.method == "GET" || request.method == "HEAD") {
    if (auto page = answer_page(request, *env_, ready_, targets_.names()))
      return page;
  }
  auto call =
      speaks_grpc(request)
          ? grpc::read_request(std::move(request), env_->types, env_->message_bytes)
          : mucp::read_request(std::move(request), env_->types);
  if (!call) {
    // Moved from on success alone: NOLINTBEGIN(bugprone-use-after-move)
    if (call.error().reason == errc::unimplemented && events_
        && request.fields.contains("Micro-Topic"))
      return events_(std::move(request), from);
    return refuse_unread(request, std::move(call.error()));
    // NOLINTEND(bugprone-use-after-move)
  }
  return serve(std::move(*call), from, peer);
}

std::optional<http_response> dispatcher::serve(incoming_call&& call,
                                               const net::reply_address& from,
                                               const net::peer_info& peer) {
  const auto& style = call.style;
  const auto* where = targets_.find(call.service, style.endpoint);
  if (!where)
    return refuse(style, unknown(style));
  const auto* codec = style.via == protocol::grpc
                          ? grpc::find_codec(style.content_type, env_->types)
                          : env_->types.find(style.content_type);
  if (!codec)
    return refuse(style, {errc::unsupported_content_type,
                          "Unsupported Content-Type: " + style.content_type
                              + "; this service reads " + env_->types.names(),
                          env_->service});
  const auto& shell = shells_[where->handler];
  if (auto why = refusal(call, shell))
    return refuse(style, std::move(why));
  auto pending = make_pending(std::move(call), *where, *codec->body, peer);
  pending->from = from;
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
  hand_over(where->handler, std::move(pending));
  return std::nullopt;
}

// Waking a worker costs more than a call: a client's calls often come together, and one
// message takes them all.
void dispatcher::hand_over(size_t handler, pending_call_ptr call) {
  auto& batch = batches_[handler];
  batch.push_back(std::move(call));
  if (lane_ == nullptr || batch.size() >= max_batch)
    return flush(handler);
  if (!std::exchange(flush_posted_, true))
    lane_->post([self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
}

void dispatcher::flush() {
  for (size_t i = 0; i < batches_.size(); ++i)
    if (!batches_[i].empty())
      flush(i);
}

void dispatcher::flush(size_t handler) {
  auto& batch = batches_[handler];
  const auto& to = shells_[handler].actor;
  if (batch.size() == 1) {
    caf::anon_send(to, std::move(batch.front()));
    batch.clear();
    return;
  }
  std::vector<pending_call_ptr> next;
  next.reserve(batch.size());
  caf::anon_send(to, call_batch{std::exchange(batch, std::move(next))});
}

void dispatcher::on_abandoned(const net::reply_address& from) {
  // It may be among them.
  flush();
  for (const auto& shell : shells_)
    caf::anon_send(shell.actor, abandoned_call{from});
}

} // namespace mica::detail
