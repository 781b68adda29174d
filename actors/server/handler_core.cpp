#include "server/handler_core.hpp"

#include <exception>
#include <utility>

namespace mica::detail {

namespace {

// A request object that once held this much is not kept for the next call.
constexpr size_t max_kept_request_bytes = 64 * 1024;

std::string text_of(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& x) {
    return x.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

} // namespace

handler_core::handler_core(handler_factory make, std::vector<handler_wrapper> wrappers,
                           std::shared_ptr<server_environment> env,
                           const std::vector<stream_wrapper>& stream_wrappers)
  : make_(std::move(make)),
    object_(make_()),
    env_(std::move(env)),
    message_chain_(make_message_chain(stream_wrappers)) {
  descriptor_ = &object_->descriptor();
  requests_.resize(descriptor_->methods.size());
  if (wrappers.empty())
    return;
  chain_ = [this](context& call, const google::protobuf::Message& request) {
    call_object(call, request);
  };
  // The first listed becomes the outermost.
  for (auto i = wrappers.rbegin(); i != wrappers.rend(); ++i)
    chain_ = (*i)(std::move(chain_));
}

handler_core::~handler_core() {
  release();
}

void handler_core::release() noexcept {
  for (auto& [key, stream] : std::exchange(streams_, {}))
    stream->abandon();
  object_.reset();
}

google::protobuf::Message& handler_core::request_of(const pending_call& call) {
  auto& kept = requests_[call.method_index];
  if (!kept)
    kept.reset(call.method->request->New());
  return *kept;
}

bool handler_core::replace_object(std::string& why) {
  object_.reset();
  try {
    object_ = make_();
    return true;
  } catch (...) {
    why = text_of(std::current_exception());
    return false;
  }
}

bool handler_core::admit(context& call, const pending_call& pending) {
  env_->requests.fetch_add(1, std::memory_order_relaxed);
  // Only who waited in a mailbox can have run out of time since the dispatcher looked.
  if (pending.detached && call.cancelled()) {
    call.fail({errc::timeout, "the deadline passed before the call was started"});
    return false;
  }
  std::string why;
  if (!object_ && !replace_object(why)) {
    if (on_failure)
      on_failure("can't make a new handler: " + why);
    call.fail({errc::internal, "the handler can't be made: " + why});
    return false;
  }
  return true;
}

void handler_core::serve(const pending_call_ptr& call) {
  context ctx{call};
  if (!admit(ctx, *call))
    return;
  auto& request = request_of(*call);
  if (auto ok = call->body_codec->decode(call->call.payload(), request); !ok) {
    ctx.fail(std::move(ok.error()));
    return;
  }
  auto large = call->call.body.size() > max_kept_request_bytes;
  run(ctx, *call, request);
  if (large)
    requests_[call->method_index].reset();
}

void handler_core::serve(const pending_call_ptr& call,
                         const google::protobuf::Message& request) {
  context ctx{call};
  if (admit(ctx, *call))
    run(ctx, *call, request);
}

void handler_core::call_object(context& call,
                               const google::protobuf::Message& request) {
  if (opening_ == nullptr) {
    object_->invoke(call_of(call)->method_index, call, request);
    return;
  }
  auto& stream = *std::exchange(opening_, nullptr);
  // A wrapper may have passed on a request of its own.
  if (&request != &stream.request())
    stream.request().CopyFrom(request);
  stream.enter(object_, stream.request());
}

template <class F>
void handler_core::guarded(context& ctx, const pending_call& call, F f) {
  try {
    f();
    if (!call.answered() && !call.deferred)
      ctx.fail({errc::internal, "the handler returned without an answer"});
  } catch (...) {
    threw(ctx, std::current_exception(), object_.get());
  }
}

void handler_core::run(context& ctx, const pending_call& call,
                       const google::protobuf::Message& request) {
  guarded(ctx, call, [&] {
    if (chain_)
      chain_(ctx, request);
    else
      call_object(ctx, request);
  });
}

void handler_core::resume(const pending_call_ptr& call,
                          const std::function<void(context&)>& step,
                          const std::function<void()>& dropped) {
  // Its deadline may have passed meanwhile, or its caller left.
  if (call->answered())
    return dropped();
  context ctx{call};
  std::string why;
  if (!object_ && !replace_object(why)) {
    ctx.fail({errc::internal, "the handler can't be made: " + why});
    return dropped();
  }
  call->deferred = false;
  guarded(ctx, *call, [&] { step(ctx); });
}

std::unique_ptr<message_steps> handler_core::steps_for(const pending_call& call) const {
  if (!message_chain_)
    return nullptr;
  return std::make_unique<message_steps>(message_chain_, env_->service,
                                         call.call.style.endpoint, true);
}

void handler_core::threw(context& ctx, const std::exception_ptr& what,
                         const handler* culprit) {
  auto text = text_of(what);
  if (on_failure)
    on_failure(std::string{ctx.endpoint()} + " threw: " + text);
  // Its state can't be trusted any more; who sees the failure finds a new one.
  std::string why;
  if (culprit == object_.get() && !replace_object(why) && on_failure)
    on_failure("can't make a new handler: " + why);
  ctx.fail({errc::internal, "the handler failed: " + text});
}

void handler_core::open(const std::shared_ptr<server_stream>& stream) {
  streams_.emplace(stream.get(), stream);
  stream->begin(*this);
}

void handler_core::start(server_stream& stream) {
  auto& ctx = stream.user_context();
  if (!admit(ctx, *stream.call()))
    return;
  opening_ = &stream;
  try {
    if (chain_)
      chain_(ctx, stream.request());
    else
      call_object(ctx, stream.request());
    if (std::exchange(opening_, nullptr) != nullptr)
      ctx.fail(
          {errc::internal, "a handler wrapper dropped the call without an answer"});
  } catch (...) {
    opening_ = nullptr;
    threw(ctx, std::current_exception(), object_.get());
  }
}

void handler_core::stream_threw(server_stream& stream,
                                const std::exception_ptr& what) noexcept {
  threw(stream.user_context(), what, stream.object().get());
}

void handler_core::gone(server_stream& stream) {
  streams_.erase(&stream);
}

} // namespace mica::detail
