// The events of one queue, or of one subscriber without a queue.

#pragma once

#include "broker/memory/adaptive_mutex.hpp"
#include "broker/memory/waiting_publish.hpp"
#include "mica/actors/brokers.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::broker::memory {

class topic_queue;

/// A number larger than any prefetch: the lower bits of a tag name a slot.
inline constexpr size_t max_prefetch = 65'536;

/// One subscriber of a queue. Thread-safe; settling takes no lock while nothing waits.
class member : public subscription {
public:
  member(std::shared_ptr<topic_queue> home, uint64_t id, subscribe_request&& request);

  void settle(uint64_t tag, verdict how) noexcept override;

  topic_queue& home() const noexcept {
    return *home_;
  }

  const sink_actor& sink() const noexcept {
    return sink_;
  }

  /// Whether deliveries are unsettled.
  bool busy() const noexcept {
    return in_flight_.load() > 0;
  }

private:
  friend class topic_queue;

  struct slot {
    /// 0: free; `settling`: on its way there.
    std::atomic<uint64_t> tag{0};
    event_ptr what;
  };

  bool has_room() const noexcept {
    return in_flight_.load() < slots_.size();
  }

  /// Empties the slot of this tag, once.
  event_ptr take(slot& from, uint64_t tag) noexcept;

  const std::shared_ptr<topic_queue> home_;
  const uint64_t id_;
  const sink_actor sink_;
  std::vector<slot> slots_;
  std::atomic<size_t> in_flight_{0};
  // The rest is for who holds the lock of `home_`.
  std::weak_ptr<member> self_;
  uint64_t sent_ = 0;
  size_t cursor_ = 0;
};

using member_ptr = std::shared_ptr<member>;

/// Gives each event to one of its members, in order, and holds what none has room for.
/// Thread-safe; never calls a publisher back with its lock held.
class topic_queue : public std::enable_shared_from_this<topic_queue> {
public:
  /// @param queue empty for a subscriber of its own.
  topic_queue(std::string topic, std::string queue, const memory_options& limits);

  const std::string& topic() const noexcept {
    return topic_;
  }

  const std::string& queue() const noexcept {
    return queue_;
  }

  /// Takes the event unless there is no room.
  bool offer(const event_ptr& what);

  /// Takes the event, or lets the publish wait, or refuses it.
  void take_or_wait(const waiting_publish_ptr& what);

  member_ptr join(uint64_t id, subscribe_request&& request);

  bool has(const member& who) const;

  /// The member gets no more; what is with it may still be settled. Safe to call twice.
  /// @returns how many members are left.
  size_t leave(const member_ptr& who);

  /// What the member, who has left, did not settle goes to another one.
  void reclaim(member& who);

  /// Refuses the publishes whose deadline has passed; true if some still wait.
  bool expire(time_point now);

  /// Whether nothing waits here and nothing can come back.
  bool idle() const;

  // -- for members
  // ---------------------------------------------------------------------

  bool anything_waits() const noexcept {
    return waiting_.load() > 0;
  }

  /// Hands out what has room now.
  void pump();

  /// Not settled by this member: for another one.
  void give_back(event_ptr what, uint64_t by);

private:
  struct returned {
    event_ptr what;
    /// Not for this member again.
    uint64_t by;
  };

  using settled_list = std::vector<waiting_publish_ptr>;

  member* pick(std::optional<uint64_t> not_this);
  void send(member& to, event_ptr what, bool redelivered);
  bool room_for(const event& what) const;
  void keep(const event_ptr& what);
  void pump_locked(settled_list& taken);
  static void report(const settled_list& from, bool taken);

  const std::string topic_;
  const std::string queue_;
  const memory_options& limits_;
  mutable adaptive_mutex mtx_;
  std::vector<member_ptr> members_;
  /// Members that left and have unsettled deliveries.
  std::vector<member_ptr> leaving_;
  size_t next_ = 0;
  std::deque<event_ptr> backlog_;
  size_t bytes_ = 0;
  std::deque<returned> returned_;
  std::deque<waiting_publish_ptr> publishes_;
  /// Elements of the three lists above.
  std::atomic<size_t> waiting_{0};
};

using topic_queue_ptr = std::shared_ptr<topic_queue>;

} // namespace mica::broker::memory
