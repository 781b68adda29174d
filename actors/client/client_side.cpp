#include "client/client_side.hpp"

#include "server/pending_call.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica {

namespace detail {

client_side::client_side(client_handle client, client_defaults defaults,
                         std::vector<client_wrapper> wrappers,
                         const content_types& types,
                         std::function<std::chrono::steady_clock::time_point()> now,
                         const std::vector<stream_wrapper>& stream_wrappers)
  : bridge_(std::move(client)),
    defaults_(std::move(defaults)),
    types_(&types),
    now_(std::move(now)),
    wrapped_(!wrappers.empty()),
    message_chain_(make_message_chain(stream_wrappers)) {
  chain_ = [this](client_request& request, call_done done) {
    if (auto* original = done.target<async_done>())
      original->call->let_go = true;
    if (request.method->kind == method_kind::unary)
      start(request, std::move(done));
    else
      start_stream(request, std::move(done));
  };
  // The first listed becomes the outermost.
  for (auto i = wrappers.rbegin(); i != wrappers.rend(); ++i)
    chain_ = (*i)(std::move(chain_));
}

void client_side::run(client_request& request, call_done done) const {
  shorten(request, defaults_.timeout);
  if (wrapped_)
    chain_(request, std::move(done));
  else
    start(request, std::move(done));
}

// A wrapper may look at the request after this has returned, unless it has passed on
// the way back as it was. Its copy is an allocation, so it is made for those alone; and
// for callers whose wrappers could look at it meanwhile, on another thread.
void client_side::run_async(const std::shared_ptr<async_call>& call) const {
  auto keep = [&] {
    call->copy.reset(call->request.request->New());
    call->copy->CopyFrom(*call->request.request);
    call->request.request = call->copy.get();
  };
  auto early = wrapped_ && may_overtake(call->request.from);
  if (early)
    keep();
  run(call->request, async_done{call});
  if (wrapped_ && !early && !call->let_go)
    keep();
}

expected<client_call_ptr> client_side::make_call(outgoing_call request,
                                                 const call_options& options,
                                                 idempotency level) const {
  auto wishes = wishes_of(options);
  if (!wishes)
    return std::move(wishes.error());
  auto call = std::make_shared<client_call>();
  call->request = std::move(request);
  call->request.from = defaults_.from;
  call->address = options.address;
  call->wishes = *wishes;
  call->level = level;
  call->rule = options.retry.value_or(defaults_.rule);
  call->retries = options.retries.value_or(defaults_.retries);
  // Longer ones count as a year: the sum with a time point must not overflow.
  constexpr std::chrono::nanoseconds year = std::chrono::hours{24 * 365};
  call->deadline =
      now_() + std::min(options.deadline.value_or(defaults_.timeout), year);
  return call;
}

void client_side::run_raw(outgoing_call request, const call_options& options,
                          idempotency level, reply_done done) const {
  auto call = make_call(std::move(request), options, level);
  if (!call)
    return done(std::move(call.error()));
  (*call)->done = std::move(done);
  bridge_.client().begin(std::move(*call));
}

void client_side::start(client_request& request, call_done done) const {
  outgoing_call content;
  content.service = request.service;
  content.endpoint = request.endpoint;
  content.package = request.method->package;
  // Room for gRPC's prefix, should the node speak it: no body moves for it then.
  grpc::begin_message(content.body);
  content.body_offset = content.body.size();
  if (!request.options.content_type.empty())
    content.content_type = request.options.content_type;
  content.headers = request.options.headers;
  const auto* entry = types_->find(content.content_type);
  if (!entry)
    return done(
        error{errc::unsupported_content_type,
              "no codec for " + content.content_type + "; there are " + types_->names(),
              "go.micro.client.codec"});
  if (auto ok = entry->body->encode(*request.request, content.body); !ok) {
    ok.error().id = "go.micro.client.codec";
    return done(std::move(ok.error()));
  }
  auto made = make_call(std::move(content), request.options, request.method->level);
  if (!made)
    return done(std::move(made.error()));
  auto& call = *made;
  // What the continuation needs of the request is kept apart from it: wrappers may
  // change the request meanwhile.
  auto decode = [codec = entry->body.get(), response = request.response,
                 tell = request.options.on_metadata](
                    expected<incoming_reply>& reply) -> expected<void> {
    if (!reply)
      return std::move(reply.error());
    if (tell)
      tell(reply->headers, reply->trailers);
    auto ok = codec->decode(reply->payload(), *response);
    if (!ok)
      return error{errc::internal, "response: " + ok.error().detail,
                   "go.micro.client.codec"};
    return {};
  };
  if (auto& parent = request.from.parent_; parent && !parent->answered())
    parent->on_cancel(call, [client = bridge_.client(), weak = std::weak_ptr{call}] {
      caf::anon_send(client.actor(), cancelled_call{weak});
    });
  // Copies of `begin` share the call, and whoever runs first takes it: none may keep it
  // from failing when the client actor ends.
  auto box = std::make_shared<client_call_ptr>(std::move(call));
  auto begin = [client = bridge_.client(), box, decode,
                done = std::move(done)](caller::finish finish) {
    auto taken = std::exchange(*box, nullptr);
    if (!taken)
      return;
    taken->done = [finish = std::move(finish), decode,
                   done](expected<incoming_reply> x) {
      auto reply = std::make_shared<expected<incoming_reply>>(std::move(x));
      finish([reply, decode, done] { done(decode(*reply)); });
    };
    client.begin(std::move(taken));
  };
  if (request.from.run_)
    request.from.run_(bridge_, std::move(begin));
  else
    begin([](std::function<void()> run) { run(); });
}

const std::shared_ptr<pending_call>& parent_of(const caller& from) {
  return from.parent_;
}

caller client_side::make_caller(std::function<void(std::function<void()>)> post) {
  return caller{
      [post = std::move(post)](const bridge&, caller::start start) { start(post); }};
}

} // namespace detail

caller::caller() {
  // nop
}

caller::caller(context& from) : parent_(detail::call_of(from)) {
  run_ = [shell = parent_->shell](const detail::bridge&, start begin) {
    begin([shell](std::function<void()> run) {
      caf::anon_send(shell, detail::continuation{std::move(run)});
    });
  };
}

caller::caller(std::function<void(const detail::bridge&, start)> run)
  : run_(std::move(run)) {
  // nop
}

} // namespace mica
