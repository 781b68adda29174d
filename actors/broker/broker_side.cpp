#include "broker/broker_side.hpp"

#include "broker/event_headers.hpp"
#include "broker/pending_event.hpp"
#include "client/client_side.hpp"
#include "mica/actors/new_event.hpp"
#include "mica/codecs/grpc.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "runtime/ask.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace mica::detail {

namespace {

constexpr auto exit_now = caf::exit_reason::user_shutdown;

// Longer ones count as this: the sum with a time point must not overflow.
constexpr std::chrono::nanoseconds year = std::chrono::hours{24 * 365};

// Brokers tell by themselves when they can't connect, and have limits of their own for
// a flush; these are for one that fails to.
constexpr auto connect_time = std::chrono::seconds{30};
constexpr auto close_time = std::chrono::seconds{60};

// A thread that waits for an outcome.
class outcome_inbox {
public:
  void put(expected<void> x) {
    std::lock_guard guard{mtx_};
    outcome_ = std::move(x);
    changed_.notify_one();
  }

  std::optional<expected<void>> take(std::chrono::nanoseconds limit) {
    std::unique_lock guard{mtx_};
    changed_.wait_for(guard, limit, [this] { return outcome_.has_value(); });
    return std::move(outcome_);
  }

private:
  std::mutex mtx_;
  std::condition_variable changed_;
  std::optional<expected<void>> outcome_;
};

} // namespace

broker_side::broker_side(parts from) : parts_(std::move(from)) {
  // nop
}

broker_side::~broker_side() {
  // nop
}

void broker_side::introduce(std::string service, std::chrono::nanoseconds timeout) {
  std::lock_guard guard{mtx_};
  service_ = std::move(service);
  timeout_ = timeout;
}

caf::actor broker_side::desk() {
  if (!desk_)
    desk_ = spawn_publish_desk(*parts_.system, service_);
  return desk_;
}

expected<void> broker_side::begin() {
  if (state_ == state::closed)
    return error{errc::unavailable, service_ + " was stopped", service_};
  if (state_ == state::connecting)
    return {};
  if (!broker_.actor) {
    auto made = parts_.make();
    if (!made)
      return std::move(made.error());
    broker_ = std::move(*made);
  }
  state_ = state::connecting;
  caf::anon_send(desk(), connect_task{broker_.actor,
                                      [self = shared_from_this()](expected<void> x) {
                                        self->connected(std::move(x));
                                      }});
  return {};
}

void broker_side::connected(expected<void> outcome) {
  std::vector<pending> waiting;
  std::vector<publish_done> openers;
  {
    std::lock_guard guard{mtx_};
    if (state_ == state::connecting)
      // A failure is not for ever: the next publish asks again.
      state_ = outcome ? state::ready : state::idle;
    waiting = std::exchange(waiting_, {});
    openers = std::exchange(openers_, {});
  }
  for (auto& x : openers)
    x(outcome);
  for (auto& x : waiting)
    if (outcome)
      send(std::move(x.what), std::move(x.done));
    else if (x.done)
      x.done(outcome);
}

expected<broker::broker_ref> broker_side::open() {
  auto inbox = std::make_shared<outcome_inbox>();
  {
    std::lock_guard guard{mtx_};
    if (state_ == state::ready)
      return broker_;
    if (auto ok = begin(); !ok)
      return std::move(ok.error());
    openers_.push_back([inbox](expected<void> x) { inbox->put(std::move(x)); });
  }
  auto outcome = inbox->take(connect_time);
  if (!outcome)
    return error{errc::timeout,
                 "the broker did not say within 30 s whether it can be reached",
                 service_};
  if (!*outcome)
    return std::move(outcome->error());
  std::lock_guard guard{mtx_};
  return broker_;
}

expected<broker::broker_ref> broker_side::current() {
  std::lock_guard guard{mtx_};
  if (state_ == state::ready)
    return broker_;
  return error{errc::unavailable,
               service_ + " has no connection to its broker; start the service first",
               service_};
}

void broker_side::send(event_ptr what, publish_done done) {
  // Fixed once the state is `ready`.
  if (broker_.direct)
    return broker_.direct->publish(std::move(what), std::move(done));
  if (!done)
    done = [](const expected<void>&) {};
  caf::anon_send(desk_, publish_task{broker_.actor, std::move(what), std::move(done)});
}

void broker_side::publish(event_ptr what, publish_done done) {
  if (state_.load() == state::ready)
    return send(std::move(what), std::move(done));
  expected<void> accepted;
  bool ready = false;
  {
    std::lock_guard guard{mtx_};
    ready = state_ == state::ready;
    if (!ready) {
      if (waiting_.size() >= max_waiting)
        accepted = error{errc::overloaded,
                         std::to_string(max_waiting)
                             + " events wait for the broker to be connected",
                         service_};
      else
        accepted = begin();
      if (accepted)
        waiting_.push_back({what, done});
    }
  }
  if (ready)
    send(std::move(what), std::move(done));
  else if (!accepted && done)
    done(std::move(accepted));
}

std::chrono::steady_clock::time_point
broker_side::deadline_of(const publish_options& x) const {
  return parts_.now() + std::min(x.deadline.value_or(timeout_), year);
}

expected<void> broker_side::publish_and_wait(event_ptr what,
                                             const publish_options& options) {
  auto inbox = std::make_shared<outcome_inbox>();
  publish(std::move(what), [inbox](expected<void> x) { inbox->put(std::move(x)); });
  auto outcome = inbox->take(std::min(options.deadline.value_or(timeout_), year));
  return outcome ? std::move(*outcome) : publish_timeout(service_);
}

void broker_side::run_for(const caller& from, caller::start begin) {
  caf::actor at;
  {
    std::lock_guard guard{mtx_};
    at = desk();
  }
  // Here and now: an actor's request has to be made on its own thread.
  if (from.run_)
    from.run_(bridge{client_handle{at, nullptr, parts_.system->middleman().backend()}},
              std::move(begin));
  else
    begin([at](std::function<void()> run) {
      caf::anon_send(at, continuation{std::move(run)});
    });
}

void broker_side::answer(const caller& from, std::function<void()> then) {
  // Copies of `begin` share it, and whoever runs first takes it.
  auto box = std::make_shared<std::function<void()>>(std::move(then));
  run_for(from, [box](const caller::finish& finish) {
    if (auto what = std::exchange(*box, nullptr))
      finish(std::move(what));
  });
}

void broker_side::publish(const caller& from, event_ptr what,
                          std::function<void(expected<void>)> then,
                          const publish_options& options) {
  auto box = std::make_shared<event_ptr>(std::move(what));
  run_for(from, [this, self = shared_from_this(), box, then = std::move(then),
                 deadline = deadline_of(options)](caller::finish finish) {
    auto taken = std::exchange(*box, nullptr);
    if (!taken)
      return;
    auto outcome = std::make_shared<publish_outcome>(
        [finish = std::move(finish), then](expected<void> x) {
          auto result = std::make_shared<expected<void>>(std::move(x));
          finish([result, then] { then(std::move(*result)); });
        });
    publish(std::move(taken),
            [outcome](expected<void> x) { outcome->tell(std::move(x)); });
    if (outcome->told())
      return;
    std::lock_guard guard{mtx_};
    caf::anon_send(desk(), publish_deadline{outcome, deadline});
  });
}

const metadata* broker_side::headers_of(const caller& from) {
  if (from.event_)
    return &from.event_->what.what->headers;
  return from.parent_ ? &from.parent_->call.headers : nullptr;
}

expected<void> broker_side::close() {
  bool was_closed = false;
  {
    std::lock_guard guard{mtx_};
    was_closed = state_.exchange(state::closed) == state::closed;
  }
  if (was_closed)
    return {};
  connected(error{errc::unavailable, service_ + " was stopped", service_});
  // Both stay as they are: publishers may be reading them.
  expected<void> result;
  if (broker_.actor) {
    auto ok = ask<caf::ok_atom>(*parts_.system, broker_.actor, close_time,
                                broker::disconnect_atom::value);
    if (!ok)
      result = std::move(ok.error());
    caf::anon_send_exit(broker_.actor, exit_now);
  }
  if (desk_)
    caf::anon_send_exit(desk_, exit_now);
  return result;
}

expected<event_ptr> broker_side::make_event(const std::string& topic,
                                            const google::protobuf::Message& message,
                                            const publish_options& options,
                                            const metadata* from) const {
  std::string_view type = options.content_type;
  if (type.empty())
    type = "application/protobuf";
  auto as_grpc = grpc::is_grpc(type);
  const auto* entry =
      as_grpc ? grpc::find_codec(type, *parts_.types) : parts_.types->find(type);
  if (!entry)
    return error{errc::unsupported_content_type,
                 "no codec for " + std::string{type} + "; there are "
                     + parts_.types->names(),
                 service_};
  auto result = new_event();
  auto& body = result->body;
  // Go Micro's gRPC types have a prefix here too: a flag and the length.
  if (as_grpc)
    body.resize(grpc::prefix_bytes);
  if (auto ok = entry->body->encode(message, body); !ok)
    return std::move(ok.error());
  if (as_grpc) {
    auto size = body.size() - grpc::prefix_bytes;
    for (size_t i = 0; i < 4; ++i)
      body[4 - i] = static_cast<char>((size >> (8 * i)) & 0xff);
  }
  return address(std::move(result), topic, type, options, from);
}

event_ptr broker_side::make_event(const std::string& topic, std::string body,
                                  const publish_options& options,
                                  const metadata* from) const {
  auto result = new_event();
  result->body = std::move(body);
  std::string_view type = options.content_type;
  return address(std::move(result), topic,
                 type.empty() ? "application/octet-stream" : type, options, from);
}

event_ptr broker_side::address(std::shared_ptr<event>&& what, const std::string& topic,
                               std::string_view content_type,
                               const publish_options& options,
                               const metadata* from) const {
  what->topic = topic;
  what->key = options.key;
  write_headers(what->headers, options.headers, content_type, topic, service_);
  if (from != nullptr)
    copy_trace(*from, what->headers);
  return std::move(what);
}

} // namespace mica::detail
