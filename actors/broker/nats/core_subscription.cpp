#include "broker/nats/core_subscription.hpp"

#include "broker/nats/wire.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace mica::broker::nats {

namespace {

using std::chrono::steady_clock;

// The library's callbacks hold their subscription by this, from the first message to
// the last one.
using held_subscription = std::shared_ptr<core_subscription>;

// Events that come in one burst go to the actor together, so that it is woken once; at
// most so many wait for that.
constexpr size_t burst_events = 64;

bool more_comes(natsSubscription* from) {
  int queued = 0;
  return natsSubscription_GetPending(from, &queued, nullptr) == NATS_OK && queued > 0;
}

void let_go(void* closure) {
  delete static_cast<held_subscription*>(closure);
}

} // namespace

core_subscription::core_subscription(subscribe_request what, const nats_options& limits,
                                     const report_function& report)
  : what_(std::move(what)),
    limits_(limits),
    overflow_(report),
    undecodable_(report),
    unsettled_(what_.prefetch) {
  // nop
}

core_subscription::~core_subscription() {
  natsSubscription_Destroy(handle_);
}

expected<void> core_subscription::begin(const link& to) {
  auto held = std::make_unique<held_subscription>(shared_from_this());
  auto s =
      what_.queue.empty()
          ? natsConnection_Subscribe(&handle_, to.get(), what_.topic.c_str(),
                                     on_message, held.get())
          : natsConnection_QueueSubscribe(&handle_, to.get(), what_.topic.c_str(),
                                          what_.queue.c_str(), on_message, held.get());
  auto doing = "subscribing to " + what_.topic;
  if (s != NATS_OK)
    return to_error(s, doing);
  if (s = natsSubscription_SetOnCompleteCB(handle_, let_go, held.get()); s != NATS_OK)
    return to_error(s, doing);
  static_cast<void>(held.release());
  // What the library has received and not handed over yet has the same bounds.
  auto bound = [](size_t x) {
    return static_cast<int>(std::min<size_t>(x, std::numeric_limits<int>::max()));
  };
  s = natsSubscription_SetPendingLimits(handle_, bound(limits_.pending_events),
                                        bound(limits_.pending_bytes));
  if (s != NATS_OK)
    return to_error(s, doing);
  auto flushed = to.flush(limits_.connect_time);
  if (!flushed)
    end();
  return flushed;
}

void core_subscription::end() {
  {
    std::lock_guard guard{mtx_};
    if (ended_)
      return;
    ended_ = true;
    pending_.clear();
    pending_bytes_ = 0;
  }
  // Fails on a connection that is closed, where there is nothing to end.
  natsSubscription_Unsubscribe(handle_);
}

void core_subscription::on_message(natsConnection*, natsSubscription* from,
                                   natsMsg* message, void* closure) {
  message_ptr held{message};
  auto& self = **static_cast<held_subscription*>(closure);
  self.take(*message);
  // Asked before the lock is taken: the library has one of its own there.
  auto last = !more_comes(from);
  std::lock_guard guard{self.mtx_};
  if (last || self.pending_.size() >= burst_events)
    self.hand_out();
}

void core_subscription::take(const natsMsg& message) {
  auto read = read_event(message, limits_.event_bytes);
  if (!read) {
    undecodable_.add("nats broker: dropped a message on " + what_.topic
                         + " that is no event: " + read.error().detail,
                     steady_clock::now());
    return;
  }
  auto size = (*read)->body.size();
  {
    std::lock_guard guard{mtx_};
    if (ended_)
      return;
    if (pending_.size() < limits_.pending_events
        && pending_bytes_ + size <= limits_.pending_bytes) {
      pending_bytes_ += size;
      pending_.push_back(std::move(*read));
      return;
    }
  }
  overflow_.add("nats broker: dropped an event on " + what_.topic
                    + ": its subscriber is too slow, "
                    + std::to_string(limits_.pending_events) + " events or "
                    + std::to_string(limits_.pending_bytes)
                    + " bytes wait (pending_events, pending_bytes); add subscribers to "
                      "its queue, or use jetstream",
                steady_clock::now());
}

// Sends with the lock held, as the order of events is that of the mailbox.
void core_subscription::hand_out() {
  while (!pending_.empty() && !unsettled_.full()) {
    auto what = std::move(pending_.front());
    pending_.pop_front();
    pending_bytes_ -= what->body.size();
    auto tag = unsettled_.add({});
    caf::anon_send(what_.sink,
                   delivery{std::move(what), tag, false, shared_from_this()});
  }
}

void core_subscription::settle(uint64_t tag, verdict) noexcept {
  std::lock_guard guard{mtx_};
  if (unsettled_.remove(tag))
    hand_out();
}

} // namespace mica::broker::nats
