// Topics and who subscribes to them, inside this process.

#pragma once

#include "broker/memory/topic_queue.hpp"

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mica::broker::memory {

/// Thread-safe; publishing goes straight to the mailboxes of the subscribers.
class topic_bus {
public:
  explicit topic_bus(const memory_options& limits);
  topic_bus(const topic_bus&) = delete;
  topic_bus& operator=(const topic_bus&) = delete;

  const memory_options& limits() const noexcept {
    return limits_;
  }

  /// Fails with `errc::invalid_argument` and `errc::limit_exceeded`.
  expected<member_ptr> subscribe(subscribe_request&& request);

  /// No more deliveries; unsettled ones may still be settled. Safe to call twice.
  /// @returns false if what the queue holds had to be dropped: too many queues wait for
  ///          a subscriber.
  bool unsubscribe(const member_ptr& who);

  /// What follows a publish that has to wait for room.
  struct wait_terms {
    time_point deadline;
    publish_done done;
  };

  /// @param wait is asked only if the publish has to wait.
  /// @returns true if it does: `done` is called by and by then, and `expire` has to be
  ///          called. Fails with `errc::invalid_argument`, `errc::limit_exceeded`.
  expected<bool> publish(const event_ptr& what,
                         const std::function<wait_terms()>& wait);

  /// Refuses the publishes whose deadline has passed; true if some still wait.
  bool expire(time_point now);

private:
  using queue_list = std::vector<topic_queue_ptr>;

  struct name_hash {
    using is_transparent = void;
    size_t operator()(std::string_view x) const noexcept {
      return std::hash<std::string_view>{}(x);
    }
  };

  std::shared_ptr<const queue_list> queues_of(std::string_view topic) const;
  bool keep(topic_queue_ptr&& queue);
  topic_queue_ptr find_or_make(const subscribe_request& request);
  void change(const std::string& topic, const std::function<void(queue_list&)>& edit);

  const memory_options limits_;
  mutable std::shared_mutex mtx_;
  /// Queues with members; lists are replaced, never changed, so that publishers need
  /// the lock only to look one up.
  std::unordered_map<std::string, std::shared_ptr<const queue_list>, name_hash,
                     std::equal_to<>>
      topics_;
  /// Queues whose members have left and that hold events, by topic and queue.
  std::map<std::pair<std::string, std::string>, topic_queue_ptr> kept_;
  uint64_t last_id_ = 0;
  size_t subscriptions_ = 0;
};

} // namespace mica::broker::memory
