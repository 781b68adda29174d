#include "broker/jetstream/js_subscription.hpp"

#include "broker/jetstream/replies.hpp"
#include "broker/nats/subjects.hpp"
#include "broker/nats/wire.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mica::broker::jetstream {

namespace {

using std::chrono::steady_clock;

constexpr size_t max_given_back = 65'536;

// Given back for another one, after a moment: if this subscriber is about to end, its
// requests are gone by then (see `streams::drop_dead_requests`).
constexpr auto soon = R"(-NAK {"delay":200000000})";

// JetStream answers requests with 503 while it starts.
constexpr auto not_ready_pause = std::chrono::milliseconds{250};

using held_subscription = std::shared_ptr<js_subscription>;

void let_go(void* closure) {
  delete static_cast<held_subscription*>(closure);
}

std::string make_inbox() {
  natsInbox* made = nullptr;
  if (natsInbox_Create(&made) != NATS_OK)
    return {};
  std::string result{made};
  natsInbox_Destroy(made);
  return result;
}

// A subscriber without a queue has a consumer of its own.
std::string consumer_name(const std::string& queue, const std::string& inbox) {
  return queue.empty() ? "mica-" + nats::plain_name(inbox) : nats::plain_name(queue);
}

} // namespace

js_subscription::js_subscription(subscribe_request what, surroundings around)
  : what_(std::move(what)),
    around_(std::move(around)),
    consumer_(consumer_name(what_.queue, make_inbox())),
    inbox_(make_inbox()),
    undecodable_(around_.report),
    trouble_(around_.report),
    window_(what_.prefetch),
    unsettled_(what_.prefetch) {
  // nop
}

js_subscription::~js_subscription() {
  natsSubscription_Destroy(handle_);
}

consumer_wish js_subscription::wish() const {
  consumer_wish result{stream_,
                       consumer_,
                       what_.topic,
                       last_sequence_,
                       around_.options.queue_unsettled,
                       std::nullopt};
  if (what_.queue.empty()) {
    result.max_unsettled = what_.prefetch;
    result.kept = around_.options.broadcast_kept;
  }
  return result;
}

expected<void> js_subscription::begin() {
  auto stream = around_.at.stream_of(what_.topic);
  if (!stream)
    return std::move(stream.error());
  stream_ = *stream;
  if (auto made = around_.at.ensure(wish()); !made)
    return made;
  auto held = std::make_unique<held_subscription>(shared_from_this());
  auto s = natsConnection_Subscribe(&handle_, around_.link.get(),
                                    (inbox_ + ".*").c_str(), on_message, held.get());
  auto doing = "subscribing to " + what_.topic;
  if (s != NATS_OK)
    return nats::to_error(s, doing);
  if (s = natsSubscription_SetOnCompleteCB(handle_, let_go, held.get()); s != NATS_OK)
    return nats::to_error(s, doing);
  static_cast<void>(held.release());
  std::lock_guard guard{mtx_};
  ask(steady_clock::now());
  return {};
}

void js_subscription::end(bool abandoned) {
  {
    std::lock_guard guard{mtx_};
    if (ended_at_)
      return;
    ended_at_ = steady_clock::now();
    if (abandoned) {
      unsettled_.for_each(
          [&](uint64_t, open_delivery& x) { late_.push_back(std::move(x.reply)); });
      unsettled_.clear();
      tag_of_.clear();
    }
  }
  // What is on its way here is given back too; without draining, it would come again
  // after `ack_wait` only.
  auto up = around_.link.up();
  if (up && natsSubscription_Drain(handle_) == NATS_OK)
    natsSubscription_WaitForDrainCompletion(
        handle_, around_.options.server.connect_time.count());
  else
    natsSubscription_Unsubscribe(handle_);
  if (up && what_.queue.empty())
    around_.at.remove(stream_, consumer_);
  else if (up)
    around_.at.drop_dead_requests(stream_, consumer_);
  std::lock_guard guard{mtx_};
  for (auto& x : late_)
    around_.out->post({std::move(x), {}, "-NAK"});
  late_.clear();
}

bool js_subscription::finished(time_point now) const {
  std::lock_guard guard{mtx_};
  return ended_at_
         && (unsettled_.size() == 0 || now - *ended_at_ > around_.options.ack_wait);
}

void js_subscription::reconnected() {
  std::lock_guard guard{mtx_};
  window_.reset();
  check_consumer_ = true;
}

// Called with the lock held.
void js_subscription::ask(time_point now) {
  if (ended_at_ || check_consumer_ || now < ask_not_before_)
    return;
  auto next = window_.next(unsettled_.size(), now);
  if (!next)
    return;
  auto expires =
      std::chrono::duration_cast<std::chrono::nanoseconds>(pull_window::expires);
  around_.out->post({"$JS.API.CONSUMER.MSG.NEXT." + stream_ + '.' + consumer_,
                     inbox_ + '.' + std::to_string(next->number),
                     "{\"batch\":" + std::to_string(next->batch)
                         + ",\"expires\":" + std::to_string(expires.count()) + '}'});
}

void js_subscription::on_message(natsConnection*, natsSubscription*, natsMsg* message,
                                 void* closure) {
  nats::message_ptr held{message};
  (*static_cast<held_subscription*>(closure))->take(*message);
}

void js_subscription::take(natsMsg& message) {
  // What the server says about requests has no reply subject.
  if (auto reply = natsMsg_GetReply(&message); reply != nullptr && *reply != '\0')
    take_event(message, reply);
  else
    take_status(message);
}

void js_subscription::take_status(natsMsg& message) {
  const char* status = nullptr;
  const char* description = nullptr;
  if (natsMsgHeader_Get(&message, "Status", &status) != NATS_OK)
    return;
  if (natsMsgHeader_Get(&message, "Description", &description) != NATS_OK)
    description = "";
  std::string_view subject{natsMsg_GetSubject(&message)};
  auto digits = subject.substr(subject.rfind('.') + 1);
  uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  auto now = steady_clock::now();
  std::lock_guard guard{mtx_};
  window_.ended(number);
  switch (read_pull_status(status, description)) {
    case pull_end::over:
      break;
    case pull_end::no_consumer:
      check_consumer_ = true;
      break;
    case pull_end::not_ready:
      // Also where the stream is gone.
      check_consumer_ = true;
      ask_not_before_ = now + not_ready_pause;
      break;
  }
  ask(now);
}

void js_subscription::take_event(const natsMsg& message, const char* reply) {
  auto mark = read_ack_subject(reply);
  if (!mark)
    return;
  auto read = nats::read_event(message, around_.options.server.event_bytes);
  auto now = steady_clock::now();
  if (!read) {
    // It would never become one: done with.
    around_.out->post({reply, {}, "+TERM"});
    undecodable_.add("jetstream broker: dropped a message on " + what_.topic
                         + " that is no event: " + read.error().detail,
                     now);
    std::lock_guard guard{mtx_};
    window_.arrived();
    ask(now);
    return;
  }
  std::lock_guard guard{mtx_};
  window_.arrived();
  auto sequence = mark->sequence;
  if (auto known = tag_of_.find(sequence); known != tag_of_.end()) {
    // Still in hand here: only where to acknowledge has changed.
    unsettled_.for_each([&](uint64_t tag, open_delivery& x) {
      if (tag == known->second)
        x.reply = reply;
    });
    ask(now);
    return;
  }
  if (is_given_back_.contains(sequence)) {
    around_.out->post({reply, {}, soon});
    ask(now);
    return;
  }
  if (ended_at_) {
    late_.emplace_back(reply);
    return;
  }
  if (unsettled_.full()) {
    around_.out->post({reply, {}, "-NAK"});
    return;
  }
  last_sequence_ = std::max(last_sequence_.value_or(0), sequence);
  auto tag = unsettled_.add({reply, sequence, now});
  tag_of_.emplace(sequence, tag);
  caf::anon_send(what_.sink, delivery{std::move(*read), tag, mark->delivered > 1,
                                      shared_from_this()});
}

void js_subscription::remember(uint64_t sequence) {
  if (!is_given_back_.insert(sequence).second)
    return;
  given_back_.push_back(sequence);
  if (given_back_.size() > max_given_back) {
    is_given_back_.erase(given_back_.front());
    given_back_.pop_front();
  }
}

void js_subscription::settle(uint64_t tag, verdict how) noexcept {
  std::lock_guard guard{mtx_};
  auto found = unsettled_.remove(tag);
  if (!found)
    return;
  tag_of_.erase(found->sequence);
  if (how == verdict::give_back)
    remember(found->sequence);
  around_.out->post({std::move(found->reply),
                     {},
                     how == verdict::ack ? "+ACK"
                     : ended_at_         ? "-NAK"
                                         : soon});
  ask(steady_clock::now());
}

void js_subscription::repair() {
  consumer_wish wanted;
  {
    std::lock_guard guard{mtx_};
    wanted = wish();
  }
  around_.at.forget(what_.topic);
  auto stream = around_.at.stream_of(what_.topic);
  expected<void> made;
  if (!stream)
    made = stream.error();
  else if (wanted.stream = *stream; true)
    made = around_.at.ensure(wanted);
  auto now = steady_clock::now();
  if (!made) {
    trouble_.add("jetstream broker: topic " + what_.topic
                     + " can't be subscribed to again yet: " + made.error().detail,
                 now);
    return;
  }
  std::lock_guard guard{mtx_};
  stream_ = wanted.stream;
  check_consumer_ = false;
  window_.reset();
  ask(now);
}

void js_subscription::tick(time_point now) {
  if (!around_.link.up())
    return;
  {
    std::lock_guard guard{mtx_};
    window_.expire(now);
    auto pause = around_.options.ack_wait / 3;
    unsettled_.for_each([&](uint64_t, open_delivery& x) {
      if (now - x.last_sign < pause)
        return;
      x.last_sign = now;
      around_.out->post({x.reply, {}, "+WPI"});
    });
    if (ended_at_)
      return;
    ask(now);
    if (!check_consumer_ || now < ask_not_before_)
      return;
  }
  repair();
}

} // namespace mica::broker::jetstream
