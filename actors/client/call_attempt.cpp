#include "client/call_attempt.hpp"

#include "client/client_core.hpp"

#include <algorithm>
#include <utility>

namespace mica {

namespace {

constexpr auto client_id = "go.micro.client";

} // namespace

call_attempt::call_attempt(detail::client_call& of) : call_(&of) {
  // nop
}

call_attempt::~call_attempt() {
  // nop
}

std::string_view call_attempt::service() const noexcept {
  return call_->request.service;
}

std::string_view call_attempt::endpoint() const noexcept {
  return call_->request.endpoint;
}

std::string_view call_attempt::address() const noexcept {
  return call_->tried.empty() ? std::string_view{} : call_->tried.back();
}

const discovery::node* call_attempt::node() const noexcept {
  return node_;
}

metadata& call_attempt::headers() noexcept {
  return call_->request.headers;
}

std::chrono::nanoseconds call_attempt::remaining() const {
  constexpr std::chrono::nanoseconds none{0};
  auto core = core_.lock();
  return core ? std::max<std::chrono::nanoseconds>(
             call_->deadline - core->helpers_.now(), none)
              : none;
}

void call_attempt::on_done(std::function<void(outcome&)> then) {
  if (state_ != state::over)
    hooks_.push_back(std::move(then));
}

void call_attempt::fail(error why) {
  if (state_ != state::waiting)
    return;
  state_ = state::failed;
  unsent_ = true;
  if (why.id.empty())
    why.id = client_id;
  if (in_steps_) {
    failure_ = std::move(why);
    return;
  }
  auto call = call_->shared_from_this();
  auto kept = std::move(kept_);
  if (auto core = core_.lock())
    core->failed(std::move(call), *where_, std::move(why));
  else
    call->finish(std::move(why));
}

std::shared_ptr<call_attempt> call_attempt::hold() {
  if (!kept_ && state_ == state::waiting) {
    kept_ = std::make_unique<kept_target>();
    kept_->where = *where_;
    where_ = &kept_->where;
    if (node_ != nullptr)
      node_ = &kept_->node.emplace(*node_);
  }
  return {call_->shared_from_this(), this};
}

void call_attempt::begin(std::weak_ptr<detail::client_core> core,
                         const detail::route& where, const discovery::node* node,
                         std::chrono::steady_clock::time_point now) {
  core_ = std::move(core);
  where_ = &where;
  node_ = node;
  started_ = now;
  ++number_;
  state_ = state::waiting;
  unsent_ = false;
}

void call_attempt::end(error& why, std::chrono::steady_clock::time_point now) {
  if (state_ == state::none || state_ == state::over)
    return;
  state_ = state::over;
  node_ = nullptr;
  kept_ = nullptr;
  if (hooks_.empty())
    return;
  auto hooks = std::exchange(hooks_, {});
  outcome result{std::move(why), now - started_};
  auto failed = static_cast<bool>(result.failure);
  for (auto i = hooks.rbegin(); i != hooks.rend(); ++i) {
    auto before = failed ? result.failure : error{};
    (*i)(result);
    if (static_cast<bool>(result.failure) != failed)
      result.failure = std::move(before);
  }
  why = std::move(result.failure);
}

} // namespace mica
