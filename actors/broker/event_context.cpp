#include "broker/pending_event.hpp"

#include <caf/send.hpp>

namespace mica {

namespace detail {

namespace {

// Stands behind the copies of a `settlement`: the last one to go nacks.
struct last_settlement {
  explicit last_settlement(pending_event_ptr which) : event(std::move(which)) {
    // nop
  }

  last_settlement(const last_settlement&) = delete;
  last_settlement& operator=(const last_settlement&) = delete;

  ~last_settlement() {
    // Harmless if there was a verdict: only the first one counts.
    event->settle_later(error{errc::internal,
                              "the subscriber dropped the event without ack or nack",
                              event->env->service});
  }

  pending_event_ptr event;
};

} // namespace

void pending_event::reset(broker::delivery&& next, uint32_t number) {
  what = std::move(next);
  attempt = number;
  deferred = false;
  taken_ = false;
}

void pending_event::settle_later(error why) {
  if (claim())
    caf::anon_send(shell, late_verdict{shared_from_this(), std::move(why)});
}

void pending_event::tell(const error& why) {
  for (auto& f : std::exchange(on_done, {}))
    f(why);
}

const pending_event_ptr& event_of(event_context& from) {
  return from.event_;
}

} // namespace detail

caller::caller(event_context& from) : event_(detail::event_of(from)) {
  run_ = [shell = event_->shell](const detail::bridge&, const start& begin) {
    begin([shell](std::function<void()> run) {
      caf::anon_send(shell, detail::continuation{std::move(run)});
    });
  };
}

event_handler::~event_handler() {
  // nop
}

settlement::settlement(std::shared_ptr<detail::pending_event> what)
  : event_(std::move(what)) {
  // nop
}

void settlement::ack() const {
  event_->settle_later({});
}

void settlement::nack(error why) const {
  if (!why)
    why = error{errc::internal, "nacked without a reason"};
  if (why.id.empty())
    why.id = event_->env->service;
  event_->settle_later(std::move(why));
}

event_context::event_context(std::shared_ptr<detail::pending_event> what)
  : event_(std::move(what)) {
  // nop
}

event_context::~event_context() {
  // nop
}

std::string_view event_context::topic() const {
  return event_->what.what->topic;
}

const metadata& event_context::headers() const {
  return event_->what.what->headers;
}

std::string_view event_context::content_type() const {
  auto result = event_->what.what->content_type();
  return result.empty() ? "application/protobuf" : result;
}

std::string_view event_context::body() const {
  return event_->what.what->body;
}

uint32_t event_context::attempt() const {
  return event_->attempt;
}

bool event_context::redelivered() const {
  return event_->what.redelivered;
}

std::string_view event_context::service() const {
  return event_->env->service;
}

settlement event_context::defer() {
  event_->deferred = true;
  auto guard = std::make_shared<detail::last_settlement>(event_);
  return settlement{{guard, guard->event.get()}};
}

void event_context::on_done(std::function<void(const error&)> then) {
  event_->on_done.push_back(std::move(then));
}

} // namespace mica
