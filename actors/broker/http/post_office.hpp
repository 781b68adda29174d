// The way from any thread to the broker's lane.

#pragma once

#include "broker/http/publication.hpp"

#include "mica/actors/broker.hpp"
#include "mica/actors/http_broker.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mica::broker::http {

/// Takes the message `wake_atom`.
using wake_atom = caf::atom_constant<caf::atom("wake")>;

/// Where publishers and subscribers put what the lane shall do; thread-safe. The first
/// thing since the lane's last look wakes it by a message, the others go along.
class post_office : public outlet, public std::enable_shared_from_this<post_office> {
public:
  struct settlement {
    uint64_t subscription;
    uint64_t tag;
    verdict how;
  };

  struct contents {
    std::vector<publication_ptr> published;
    std::vector<settlement> settled;
    /// Publishes that failed and that nobody asked about, and why the last one did.
    size_t lost = 0;
    std::string why_lost = {};
  };

  explicit post_office(const http_broker_options& options);

  /// Refuses what is against the limits at once.
  void publish(event_ptr what, std::function<void(expected<void>)> done) override;

  void settle(const settlement& what);

  /// Who is woken; none: what comes waits.
  void wake_up(caf::actor whom);

  /// Publishes are taken from now on, or refused.
  void set_open(bool open);

  /// Lane only.
  contents take();

  /// Published and not answered yet.
  size_t unanswered() const noexcept {
    return events_;
  }

private:
  error refusal(const event& what) const;
  void answer(const std::function<void(expected<void>)>& done, expected<void> outcome);
  bool enter(size_t bytes);
  void leave(size_t bytes);
  template <class Put>
  void put(Put how);

  const http_broker_options options_;
  std::atomic<size_t> events_{0};
  std::atomic<size_t> bytes_{0};
  std::atomic<bool> open_{false};
  std::mutex mutex_;
  contents contents_;
  caf::actor whom_;
  bool woken_ = false;
};

} // namespace mica::broker::http
