// One subscription of Kafka: a member of a consumer group.

#pragma once

#include "broker/driver/driver.hpp"
#include "broker/driver/tag_table.hpp"
#include "broker/driver/tally.hpp"
#include "broker/kafka/offset_ledger.hpp"
#include "broker/kafka/settings.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mica::broker::kafka {

/// Reads its share of a topic's partitions, at most `prefetch` unsettled events at
/// once, and commits what is settled, in the order of offsets. All of librdkafka is
/// called by a thread of its own. Thread-safe.
class member : public subscription, public std::enable_shared_from_this<member> {
public:
  /// @param group of a subscriber without a queue: one that nobody else has.
  member(subscribe_request what, std::string group, kafka_options options,
         const broker_environment& env);
  ~member() override;

  /// Joins the group. `done` is told when the first partitions are there, and where
  /// they begin is committed; or why not, within `join_time`.
  expected<void> begin(subscribe_done done);

  /// No delivery is sent afterwards. What is unsettled may still be settled for
  /// `drain_time`, then the member leaves; at once if `abandoned`.
  void end(bool abandoned);

  /// Blocks until it has left the group.
  void join();

  bool has_left() const noexcept {
    return left_;
  }

  void settle(uint64_t tag, verdict how) noexcept override;

private:
  using time_point = std::chrono::steady_clock::time_point;
  using lock = std::unique_lock<std::mutex>;

  /// A partition that is ours now.
  struct share {
    explicit share(int64_t next) : ledger(next) {
      // nop
    }

    offset_ledger ledger;
    /// Below it, somebody had been delivered these already.
    int64_t known = -1;
    int64_t committed = -1;
    int64_t committed_delivered = -1;
    queue_ptr queue;
  };

  /// Where a delivery is from.
  struct origin {
    int32_t partition = 0;
    int64_t offset = 0;
    /// Of the assignment: a partition that went away may have come back.
    uint64_t term = 0;
  };

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions, void* self);
  static void on_error(rd_kafka_t*, int code, const char* text, void* self);
  static void on_log(const rd_kafka_t*, int level, const char* facility,
                     const char* text);

  void run();
  bool running(time_point now);
  void poll(time_point now);
  void take(const rd_kafka_message_t& message, time_point now);
  void assign(rd_kafka_topic_partition_list_t& partitions);
  expected<void> find_beginnings(rd_kafka_topic_partition_list_t& partitions);
  void revoke();
  /// @returns what there is to commit; null for nothing new.
  list_ptr commitable(lock& held);
  bool commit(bool wait);
  void step_aside();
  void tell_joined(expected<void> outcome);
  bool subscribe();
  bool is_assigned();
  size_t room();

  const subscribe_request what_;
  const std::string group_;
  const kafka_options options_;
  const broker_environment env_;
  tally trouble_;
  tally undecodable_;
  handle_ptr handle_;
  queue_ptr messages_;
  queue_ptr commits_;
  std::thread thread_;
  std::atomic<bool> left_{false};

  // Of the thread alone.
  subscribe_done joined_;
  time_point join_until_{};
  time_point next_commit_{};
  bool begun_here_ = false;

  std::mutex mtx_;
  std::condition_variable changed_;
  std::map<int32_t, share> shares_;
  uint64_t term_ = 0;
  tag_table<origin> unsettled_;
  /// Of those, such of the assignment in force.
  size_t ours_unsettled_ = 0;
  bool assigned_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  bool gave_back_ = false;
  time_point ended_at_{};
};

} // namespace mica::broker::kafka
