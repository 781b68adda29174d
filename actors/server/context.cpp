#include "mica/actors/context.hpp"

#include "server/pending_call.hpp"

#include <algorithm>

namespace mica {

namespace detail {

namespace {

// Stands behind the copies of a `deferred`: the last one to go answers for all.
struct last_copy {
  explicit last_copy(pending_call_ptr which) : call(std::move(which)) {
    // nop
  }

  last_copy(const last_copy&) = delete;
  last_copy& operator=(const last_copy&) = delete;

  ~last_copy() {
    // Harmless if there was an answer: only the first one counts.
    call->answer_later(
        {{},
         {},
         error{errc::internal, "the handler dropped the call without an answer",
               call->env->service}});
  }

  pending_call_ptr call;
};

} // namespace

const pending_call_ptr& call_of(context& from) {
  return from.call_;
}

void answer(pending_call& call, const google::protobuf::Message& response) {
  call.answer_later(response);
}

void answer(pending_call& call, error failure) {
  if (failure.id.empty())
    failure.id = call.env->service;
  call.answer_later({{}, {}, std::move(failure)});
}

} // namespace detail

context::context(std::shared_ptr<detail::pending_call> call) : call_(std::move(call)) {
  // nop
}

context::~context() {
  // nop
}

const metadata& context::headers() const {
  return call_->call.headers;
}

metadata& context::reply_headers() {
  return call_->reply_headers;
}

metadata& context::reply_trailers() {
  return call_->reply_trailers;
}

bool context::compress(std::string_view coding) {
  auto known = grpc::parse_coding(coding);
  if (known)
    call_->compression = *known;
  return known.has_value();
}

bool context::compressed() const {
  return call_->call.compressed;
}

std::string_view context::service() const {
  return call_->env->service;
}

std::string_view context::endpoint() const {
  return call_->call.style.endpoint;
}

std::string_view context::content_type() const {
  return call_->call.style.content_type;
}

std::string_view context::peer() const {
  return call_->peer;
}

std::optional<std::chrono::steady_clock::time_point> context::deadline() const {
  return call_->deadline;
}

std::optional<std::chrono::nanoseconds> context::remaining() const {
  if (!call_->deadline)
    return std::nullopt;
  return std::max<std::chrono::nanoseconds>(*call_->deadline - call_->env->now(),
                                            std::chrono::nanoseconds{0});
}

bool context::cancelled() const {
  return call_->cancelled();
}

void context::on_cancel(std::function<void()> then) {
  if (call_->cancelled())
    then();
  else
    call_->on_cancel(std::move(then));
}

void context::on_done(std::function<void(const outcome&)> then) {
  call_->on_done.push_back(std::move(then));
}

void context::answer(const google::protobuf::Message& response) {
  if (!call_->answered())
    call_->respond(response);
}

void context::fail(error failure) {
  if (failure.id.empty())
    failure.id = call_->env->service;
  call_->finish({{}, {}, std::move(failure)});
}

std::shared_ptr<detail::pending_call> context::share() {
  call_->deferred = true;
  auto guard = std::make_shared<detail::last_copy>(call_);
  return {guard, guard->call.get()};
}

} // namespace mica
