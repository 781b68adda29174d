// One subscription of core NATS.

#pragma once

#include "broker/driver/driver.hpp"
#include "broker/driver/tag_table.hpp"
#include "broker/driver/tally.hpp"
#include "broker/nats/link.hpp"

#include <nats/nats.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

namespace mica::broker::nats {

/// Hands events to its sink, `prefetch` of them at a time. NATS can't keep anything
/// back, so the rest waits here, bounded; what comes beyond is dropped and reported.
/// Thread-safe.
class core_subscription : public subscription,
                          public std::enable_shared_from_this<core_subscription> {
public:
  core_subscription(subscribe_request what, const nats_options& limits,
                    const report_function& report);
  ~core_subscription() override;

  /// Returns when the server knows of it.
  expected<void> begin(const link& to);

  /// No delivery is sent afterwards.
  void end();

  void settle(uint64_t tag, verdict how) noexcept override;

private:
  static void on_message(natsConnection*, natsSubscription*, natsMsg* message,
                         void* closure);

  void take(const natsMsg& message);
  void hand_out();

  const subscribe_request what_;
  const nats_options limits_;
  tally overflow_;
  tally undecodable_;
  natsSubscription* handle_ = nullptr;
  std::mutex mtx_;
  bool ended_ = false;
  tag_table<std::monostate> unsettled_;
  std::deque<event_ptr> pending_;
  size_t pending_bytes_ = 0;
};

} // namespace mica::broker::nats
