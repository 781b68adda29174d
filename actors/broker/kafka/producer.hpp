// Publishing to Kafka.

#pragma once

#include "broker/driver/driver.hpp"
#include "broker/driver/tally.hpp"
#include "broker/kafka/settings.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace mica::broker::kafka {

/// librdkafka's idempotent producer, which queues and repeats by itself, and a thread
/// that hears of the outcomes. `publish` and `away` are thread-safe.
class producer {
public:
  /// The arguments outlive it.
  producer(const kafka_options& options, const broker_environment& env);
  ~producer();
  producer(const producer&) = delete;
  producer& operator=(const producer&) = delete;

  /// Asks the cluster for a sign of life, and goes on trying if there is none:
  /// `errc::unavailable`. Fails with `errc::invalid_argument` for settings that are
  /// none; then nothing goes on.
  expected<void> open();

  bool is_open() const noexcept {
    return handle_ != nullptr;
  }

  /// Waits for what is published, up to `limit`.
  /// @returns how many events were not confirmed; they are told.
  size_t close(std::chrono::milliseconds limit);

  /// Never blocks. `done`, which is not null, is told the outcome unless this fails.
  /// @pre `is_open()`
  expected<void> publish(const event& what, publish_done& done);

  /// Makes a topic unless it is there; blocks up to `connect_time`.
  expected<void> make_topic(const std::string& topic);

private:
  using time_point = std::chrono::steady_clock::time_point;

  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* what, void* self);
  static void on_error(rd_kafka_t*, int code, const char* text, void* self);
  static void on_log(const rd_kafka_t*, int level, const char* facility,
                     const char* text);

  void run();
  void want(const std::string& topic);
  bool request(const std::string& topic, rd_kafka_queue_t* answers);
  expected<void> read_answer(rd_kafka_event_t& answer, std::string& topic);
  void read_answers(time_point now);
  std::string last_trouble();

  const kafka_options& options_;
  const broker_environment& env_;
  tally trouble_;
  handle_ptr handle_;
  queue_ptr answers_;
  std::thread thread_;
  std::atomic<bool> running_{false};
  /// Since the last event that arrived, as far as the library told.
  std::atomic<bool> away_{false};
  std::mutex mtx_;
  std::string why_;
  /// Topics that are there, or asked for.
  std::set<std::string, std::less<>> topics_;
  /// To ask for again, as the cluster was away.
  std::map<std::string, time_point> retries_;
};

} // namespace mica::broker::kafka
