#include "broker/memory/topic_queue.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace mica::broker::memory {

topic_queue::topic_queue(std::string topic, std::string queue,
                         const memory_options& limits)
  : topic_(std::move(topic)),
    queue_(std::move(queue)),
    limits_(limits) {
  // nop
}

// Members in turn, past those that are full.
member* topic_queue::pick(std::optional<uint64_t> not_this) {
  for (size_t i = 0; i < members_.size(); ++i) {
    if (next_ >= members_.size())
      next_ = 0;
    auto& x = *members_[next_++];
    if (x.has_room() && not_this != x.id_)
      return &x;
  }
  return nullptr;
}

void topic_queue::send(member& to, event_ptr what, bool redelivered) {
  auto& slots = to.slots_;
  while (slots[to.cursor_].tag.load() != 0)
    to.cursor_ = to.cursor_ + 1 < slots.size() ? to.cursor_ + 1 : 0;
  auto& free = slots[to.cursor_];
  auto tag = ++to.sent_ * max_prefetch + to.cursor_;
  to.cursor_ = to.cursor_ + 1 < slots.size() ? to.cursor_ + 1 : 0;
  to.in_flight_.fetch_add(1);
  free.what = what;
  free.tag.store(tag);
  caf::anon_send(to.sink_,
                 delivery{std::move(what), tag, redelivered, to.self_.lock()});
}

bool topic_queue::room_for(const event& what) const {
  return backlog_.size() + returned_.size() < limits_.waiting_events
         && (bytes_ + what.body.size() <= limits_.waiting_bytes || bytes_ == 0);
}

void topic_queue::keep(const event_ptr& what) {
  bytes_ += what->body.size();
  backlog_.push_back(what);
  waiting_.fetch_add(1);
}

bool topic_queue::offer(const event_ptr& what) {
  settled_list taken;
  std::unique_lock guard{mtx_};
  if (!publishes_.empty() || !room_for(*what))
    return false;
  if (backlog_.empty()) {
    if (auto* to = pick(std::nullopt)) {
      send(*to, what, false);
      return true;
    }
  }
  keep(what);
  pump_locked(taken);
  guard.unlock();
  report(taken, true);
  return true;
}

void topic_queue::take_or_wait(const waiting_publish_ptr& what) {
  settled_list taken;
  bool refused = false;
  {
    std::lock_guard guard{mtx_};
    if (publishes_.size() < limits_.waiting_publishes) {
      publishes_.push_back(what);
      waiting_.fetch_add(1);
      pump_locked(taken);
    } else {
      refused = true;
    }
  }
  report(taken, true);
  if (refused)
    what->settle(false);
}

member_ptr topic_queue::join(uint64_t id, subscribe_request&& request) {
  auto result = std::make_shared<member>(shared_from_this(), id, std::move(request));
  result->self_ = result;
  settled_list taken;
  {
    std::lock_guard guard{mtx_};
    members_.push_back(result);
    pump_locked(taken);
  }
  report(taken, true);
  return result;
}

bool topic_queue::has(const member& who) const {
  std::lock_guard guard{mtx_};
  return std::any_of(members_.begin(), members_.end(),
                     [&](const member_ptr& x) { return x.get() == &who; });
}

size_t topic_queue::leave(const member_ptr& who) {
  settled_list taken;
  std::unique_lock guard{mtx_};
  std::erase_if(leaving_, [](const member_ptr& x) { return !x->busy(); });
  if (std::erase(members_, who) > 0) {
    if (who->busy())
      leaving_.push_back(who);
    if (queue_.empty()) {
      // Nobody else was to get what waits.
      taken.assign(publishes_.begin(), publishes_.end());
      publishes_.clear();
      backlog_.clear();
      bytes_ = 0;
      waiting_.store(0);
    }
    pump_locked(taken);
  }
  auto left = members_.size();
  guard.unlock();
  report(taken, true);
  return left;
}

void topic_queue::reclaim(member& who) {
  settled_list taken;
  {
    std::lock_guard guard{mtx_};
    std::vector<std::pair<uint64_t, event_ptr>> unsettled;
    for (auto& x : who.slots_) {
      auto tag = x.tag.load();
      if (auto what = who.take(x, tag))
        unsettled.emplace_back(tag, std::move(what));
    }
    if (!queue_.empty()) {
      std::sort(unsettled.begin(), unsettled.end());
      for (auto& [tag, what] : unsettled)
        returned_.push_back({std::move(what), who.id_});
      waiting_.fetch_add(unsettled.size());
    }
    std::erase_if(leaving_, [&](const member_ptr& x) { return x.get() == &who; });
    pump_locked(taken);
  }
  report(taken, true);
}

bool topic_queue::expire(time_point now) {
  settled_list late;
  std::unique_lock guard{mtx_};
  // Their order is that of their deadlines but for clocks that are read in parallel.
  std::erase_if(publishes_, [&](const waiting_publish_ptr& x) {
    if (x->deadline > now)
      return false;
    late.push_back(x);
    return true;
  });
  waiting_.fetch_sub(late.size());
  auto result = !publishes_.empty();
  guard.unlock();
  report(late, false);
  return result;
}

bool topic_queue::idle() const {
  std::lock_guard guard{mtx_};
  return members_.empty() && waiting_.load() == 0
         && std::none_of(leaving_.begin(), leaving_.end(),
                         [](const member_ptr& x) { return x->busy(); });
}

void topic_queue::pump() {
  settled_list taken;
  {
    std::lock_guard guard{mtx_};
    pump_locked(taken);
  }
  report(taken, true);
}

void topic_queue::give_back(event_ptr what, uint64_t by) {
  // Without a queue there is nobody else.
  if (queue_.empty())
    return;
  std::lock_guard guard{mtx_};
  returned_.push_back({std::move(what), by});
  waiting_.fetch_add(1);
}

void topic_queue::pump_locked(settled_list& taken) {
  size_t gone = 0;
  std::erase_if(returned_, [&](returned& x) {
    auto* to = pick(x.by);
    if (to == nullptr)
      return false;
    send(*to, std::move(x.what), true);
    ++gone;
    return true;
  });
  waiting_.fetch_sub(gone);
  for (;;) {
    while (!publishes_.empty() && room_for(*publishes_.front()->what)) {
      taken.push_back(std::move(publishes_.front()));
      publishes_.pop_front();
      waiting_.fetch_sub(1);
      keep(taken.back()->what);
    }
    auto* to = backlog_.empty() ? nullptr : pick(std::nullopt);
    if (to == nullptr)
      return;
    bytes_ -= backlog_.front()->body.size();
    send(*to, std::move(backlog_.front()), false);
    backlog_.pop_front();
    waiting_.fetch_sub(1);
  }
}

void topic_queue::report(const settled_list& from, bool taken) {
  for (const auto& x : from)
    x->settle(taken);
}

} // namespace mica::broker::memory
