#include "broker/nats/pump.hpp"

#include <algorithm>
#include <utility>

namespace mica::broker::nats {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Between two looks at the lock while writing.
constexpr size_t batch_events = 256;

// For the server to handle what was written: generous, as large events take their time.
constexpr auto confirm_time = milliseconds{10'000};

} // namespace

pump::pump(outbox_limits limits, port to) : port_(std::move(to)), outbox_(limits) {
  // nop
}

pump::~pump() {
  stop(milliseconds{0});
}

void pump::start() {
  lock held{mtx_};
  if (running_)
    return;
  running_ = true;
  ending_ = false;
  progress_ = next_tick_ = steady_clock::now();
  write_thread_ = std::thread{[this] { write_all(); }};
  if (port_.confirm)
    confirm_thread_ = std::thread{[this] { confirm_all(); }};
}

void pump::publish(parcel_ptr what) {
  expected<void> taken;
  bool sleeps = false;
  {
    lock held{mtx_};
    if (!running_ || ending_)
      taken = error{errc::unavailable, "the broker is not connected"};
    else
      taken = outbox_.add(what, steady_clock::now());
    sleeps = writer_sleeps_ && !outbox_.window_full();
    writer_sleeps_ = writer_sleeps_ && !sleeps;
  }
  if (!taken) {
    if (what->done)
      what->done(std::move(taken));
    return;
  }
  if (sleeps)
    writer_.notify_one();
}

void pump::acknowledge(uint64_t number, expected<void> outcome) {
  parcel_ptr what;
  {
    lock held{mtx_};
    auto was_full = outbox_.window_full();
    what = outbox_.settle(number);
    progress_ = steady_clock::now();
    if (was_full)
      writer_.notify_one();
    if (outbox_.empty())
      drained_.notify_all();
  }
  if (what && what->done)
    what->done(std::move(outcome));
}

void pump::resend_after(milliseconds pause) {
  lock held{mtx_};
  outbox_.rewind();
  hold_until_ = steady_clock::now() + pause;
}

void pump::wake(bool connected_again) {
  lock held{mtx_};
  woken_ = true;
  if (connected_again && !port_.confirm)
    outbox_.rewind();
  writer_.notify_one();
}

size_t pump::stop(milliseconds flush) {
  std::vector<parcel_ptr> left;
  {
    lock held{mtx_};
    if (!running_)
      return 0;
    ending_ = true;
    writer_.notify_one();
    drained_.wait_for(held, flush, [this] { return outbox_.empty(); });
    running_ = false;
    left = outbox_.take_all();
    writer_.notify_all();
    confirmer_.notify_all();
  }
  write_thread_.join();
  if (confirm_thread_.joinable())
    confirm_thread_.join();
  if (port_.urgent)
    port_.urgent();
  tell(left, error{errc::unavailable,
                   "the broker disconnected before the server had the event"});
  return left.size();
}

void pump::tell(const std::vector<parcel_ptr>& whom, const expected<void>& outcome) {
  for (const auto& x : whom)
    if (x->done)
      x->done(outcome);
}

void pump::finish(lock& held, std::vector<parcel_ptr> what, const error& why) {
  if (outbox_.empty())
    drained_.notify_all();
  if (what.empty())
    return;
  held.unlock();
  if (why)
    tell(what, why);
  else
    tell(what, {});
  held.lock();
}

void pump::expire(lock& held, time_point now) {
  auto due = outbox_.deadline();
  if (!due || *due > now)
    return;
  auto late = outbox_.expire(now);
  auto why = port_.up()
                 ? error{errc::timeout, "the server did not confirm the event in time "
                                        "(publish_time); it may have it or not"}
                 : port_.away();
  finish(held, std::move(late), why);
}

bool pump::may_write(time_point now) const {
  return now >= hold_until_ && outbox_.in_flight() < outbox_.size() && port_.up();
}

bool pump::write_some(lock& held) {
  std::vector<parcel_ptr> parcels;
  while (parcels.size() < batch_events) {
    auto x = outbox_.next();
    if (!x)
      break;
    parcels.push_back(std::move(x));
  }
  if (parcels.empty())
    return false;
  auto last = parcels.back()->number;
  held.unlock();
  auto incarnation = port_.confirm ? port_.incarnation() : 0;
  std::vector<std::pair<parcel_ptr, error>> refused;
  auto lost = false;
  for (auto& x : parcels) {
    auto written = port_.write(*x);
    if (written)
      continue;
    // Those that are confirmed one by one stay, unless they can never be written.
    lost = !port_.confirm && written.error().reason == errc::unavailable;
    if (lost)
      break;
    refused.emplace_back(std::move(x), std::move(written.error()));
  }
  held.lock();
  if (lost) {
    outbox_.rewind();
    hold_until_ = std::max(hold_until_, steady_clock::now() + tick_time);
  }
  for (auto& [what, why] : refused)
    if (auto x = outbox_.settle(what->number))
      finish(held, {std::move(x)}, why);
  if (port_.confirm) {
    unconfirmed_.push_back({last, incarnation});
    confirmer_.notify_one();
  }
  return true;
}

void pump::write_all() {
  lock held{mtx_};
  while (running_) {
    auto now = steady_clock::now();
    expire(held, now);
    if (std::exchange(woken_, false) && port_.urgent) {
      held.unlock();
      port_.urgent();
      held.lock();
    }
    if (now >= next_tick_) {
      next_tick_ = now + tick_time;
      if (!port_.confirm && outbox_.in_flight() > 0 && port_.up()
          && now - progress_ > resend_time) {
        progress_ = now;
        outbox_.rewind();
      }
      if (port_.tick) {
        held.unlock();
        port_.tick(now);
        held.lock();
      }
    }
    if (may_write(now) && write_some(held))
      continue;
    if (woken_ || !running_)
      continue;
    auto until = next_tick_;
    if (auto due = outbox_.deadline())
      until = std::min(until, *due);
    if (hold_until_ > now)
      until = std::min(until, hold_until_);
    writer_sleeps_ = true;
    writer_.wait_until(held, until);
    writer_sleeps_ = false;
  }
}

// A batch that began under another connection may be lost in part, whatever the server
// in use has confirmed.
void pump::settle_batches(lock& held, uint64_t mark, const expected<void>& confirmed,
                          uint64_t incarnation) {
  const std::string lost = "the connection to the server was lost before it had "
                           "confirmed the event; it may have it or not";
  while (!unconfirmed_.empty() && unconfirmed_.front().last <= mark) {
    auto [last, began] = unconfirmed_.front();
    unconfirmed_.pop_front();
    error why;
    if (!confirmed)
      why = error{errc::unavailable, lost + ": " + confirmed.error().detail};
    else if (began != incarnation)
      why = error{errc::unavailable, lost};
    finish(held, outbox_.settle_through(last), why);
  }
}

void pump::confirm_all() {
  lock held{mtx_};
  while (running_) {
    if (unconfirmed_.empty()) {
      confirmer_.wait(held);
      continue;
    }
    auto mark = unconfirmed_.back().last;
    held.unlock();
    auto confirmed = port_.confirm(confirm_time);
    auto incarnation = port_.incarnation();
    held.lock();
    settle_batches(held, mark, confirmed, incarnation);
  }
}

} // namespace mica::broker::nats
