// One subscription of JetStream: a pull consumer and what it has delivered.

#pragma once

#include "broker/driver/driver.hpp"
#include "broker/driver/tag_table.hpp"
#include "broker/driver/tally.hpp"
#include "broker/jetstream/post_box.hpp"
#include "broker/jetstream/pull_window.hpp"
#include "broker/jetstream/streams.hpp"
#include "broker/nats/link.hpp"

#include <nats/nats.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mica::broker::jetstream {

/// Asks for as many events as there is room for, hands them to its sink, and tells the
/// server what became of them. Thread-safe; `begin`, `end` and `tick` may block.
class js_subscription : public subscription,
                        public std::enable_shared_from_this<js_subscription> {
public:
  /// What it speaks through. `link` and `at` live until `end` has returned.
  struct surroundings {
    jetstream_options options;
    nats::link& link;
    streams& at;
    std::shared_ptr<post_box> out;
    report_function report;
  };

  js_subscription(subscribe_request what, surroundings around);
  ~js_subscription() override;

  /// Returns when the server keeps events for it.
  expected<void> begin();

  /// No delivery is sent afterwards. What is unsettled can still be settled until the
  /// connection ends or `ack_wait` has passed.
  void end(bool abandoned);

  void settle(uint64_t tag, verdict how) noexcept override;

  /// The connection is another one: what was asked for is lost, and the consumer may
  /// be.
  void reconnected();

  /// Signs of life, requests that are due, a consumer that is gone.
  void tick(time_point now);

  /// Ended, and nothing is left to tell the server.
  bool finished(time_point now) const;

private:
  struct open_delivery {
    /// Where to acknowledge it.
    std::string reply;
    uint64_t sequence = 0;
    time_point last_sign{};
  };

  static void on_message(natsConnection*, natsSubscription*, natsMsg* message,
                         void* closure);

  void take(natsMsg& message);
  void take_status(natsMsg& message);
  void take_event(const natsMsg& message, const char* reply);
  void ask(time_point now);
  void remember(uint64_t sequence);
  void repair();
  consumer_wish wish() const;

  const subscribe_request what_;
  const surroundings around_;
  const std::string consumer_;
  std::string stream_;
  /// Requests are answered at `<inbox>.<number>`.
  std::string inbox_;
  tally undecodable_;
  tally trouble_;
  natsSubscription* handle_ = nullptr;
  mutable std::mutex mtx_;
  pull_window window_;
  tag_table<open_delivery> unsettled_;
  std::unordered_map<uint64_t, uint64_t> tag_of_;
  /// Given back by this subscriber: not for it again, while others are there. The
  /// oldest is forgotten.
  std::deque<uint64_t> given_back_;
  std::unordered_set<uint64_t> is_given_back_;
  std::optional<uint64_t> last_sequence_;
  bool check_consumer_ = false;
  time_point ask_not_before_{};
  std::optional<time_point> ended_at_;
  /// Where to give back what came, or was unsettled, at the end.
  std::vector<std::string> late_;
};

} // namespace mica::broker::jetstream
