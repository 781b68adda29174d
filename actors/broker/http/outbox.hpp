// What was published and waits for its subscribers: lines, attempts, back-off.

#pragma once

#include "broker/http/publication.hpp"
#include "broker/http/records.hpp"

#include "mica/actors/http_broker.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace mica::broker::http {

/// The sending half of the broker: pure, time comes in. Each subscriber has a line of
/// its own, so that one that is slow or away holds up no other.
///
/// After every call that changes something, ask `next` until it has nothing, send what
/// it says, and ask for `tick` at `due`.
class outbox {
public:
  using time_point = publication::time_point;

  /// One request to send.
  struct posting {
    /// For `answered`.
    uint64_t number;
    recipient_ptr to;
    std::string body;
    time_point deadline;
  };

  /// @param secure speaks TLS to every subscriber.
  outbox(const http_broker_options& options, bool secure, uint64_t seed);

  /// Takes what the registry says; returns how many subscribers are too many.
  size_t update(const discovery::snapshot& x, time_point now);

  /// As `recipient_table`.
  void add(const announcement& what);
  void remove(const std::string& id, time_point now);

  /// Offers the event to those who subscribe to its topic now.
  void publish(publication_ptr what, time_point now);

  std::optional<posting> next(time_point now);

  /// The outcome of a request; exactly once for each.
  void answered(uint64_t number, const expected<void>& outcome, time_point now);

  /// Ends what took too long.
  void tick(time_point now);

  /// When `tick` or `next` has something to do next; `time_point::max()` if never.
  time_point due() const;

  /// Fails everything.
  void close(const error& why);

private:
  /// An event on its way to one subscriber, or to one of a queue.
  struct queued {
    publication_ptr what;
    /// Empty: broadcast.
    std::string queue;
    unsigned attempts = 0;
    /// Of the queue's nodes, those that said no, and those not reached in this round.
    std::vector<std::string> refused_by;
    std::vector<std::string> unreached;
  };

  /// What one subscriber is to get, oldest first.
  struct waiting_line {
    recipient_ptr who;
    std::deque<queued> waiting;
    size_t in_flight = 0;
    size_t bytes = 0;
    /// In back-off until then.
    time_point not_before{};
    unsigned failures = 0;
    /// Of the last one.
    std::string why;
    /// Stands in `ready_`.
    bool ready = false;
    /// No longer in the registry.
    bool left = false;
  };

  struct flight {
    queued what;
    std::string line;
  };

  void look_who_left(time_point now);
  waiting_line& line_of(const recipient_ptr& who);
  bool may_send(const waiting_line& x) const;
  void wake(waiting_line& x);
  void append(waiting_line& to, queued&& what);
  void forget_if_unused(waiting_line& x);

  /// Gives it to one of its queue, or ends it.
  void route(queued&& what, const error& why, time_point now);
  void not_reached(waiting_line& from, queued&& what, const error& why, time_point now);
  std::chrono::nanoseconds backoff(unsigned failures);
  void forget_over();
  void time_out(time_point now);

  http_broker_options options_;
  recipient_table table_;
  std::mt19937_64 random_;
  std::unordered_map<std::string, std::unique_ptr<waiting_line>> lines_;
  std::deque<waiting_line*> ready_;
  std::unordered_map<uint64_t, flight> in_flight_;
  /// In the order of their deadlines, also some that are over.
  std::deque<publication_ptr> published_;
  /// The size at which those that are over are looked for.
  size_t forget_at_ = 64;
  /// Lines by the end of their back-off.
  std::multimap<time_point, std::string> backoffs_;
  uint64_t last_number_ = 0;
};

} // namespace mica::broker::http
