// Subscribing: from the listener to the subscribers, and their verdicts back.

#pragma once

#include "broker/http/inbox.hpp"
#include "broker/http/post_office.hpp"
#include "broker/http/records.hpp"

#include "mica/net/request_handler.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mica::broker::http {

/// The broker's end of a subscription, as its subscriber holds it.
class http_subscription : public subscription {
public:
  http_subscription(std::shared_ptr<post_office> office, uint64_t number)
    : office_(std::move(office)),
      number_(number) {
    // nop
  }

  void settle(uint64_t tag, verdict how) noexcept override {
    office_->settle({number_, tag, how});
  }

  uint64_t number() const noexcept {
    return number_;
  }

private:
  std::shared_ptr<post_office> office_;
  uint64_t number_;
};

/// Takes the requests of the broker's own listener. Lives on the I/O lane.
class receiver : public net::request_handler {
public:
  using time_point = inbox::time_point;

  receiver(const http_broker_options& options, std::function<time_point()> now);

  /// Adds a subscription; events for its ids are delivered to its sink at once.
  void add(uint64_t number, announcement as, const subscribe_request& what,
           subscription_ptr handle);

  /// Null if it is unknown or has ended.
  const announcement* find(uint64_t number) const;

  /// Null if it is unknown.
  subscription_ptr handle_of(uint64_t number) const;

  /// No more deliveries; what is in the subscriber's hands may still be settled, unless
  /// `abandon`. Ending it again only does what `abandon` adds.
  void end(uint64_t number, bool abandon);

  /// Ends all, with `abandon`.
  void abandon_all();

  void settle(const post_office::settlement& what);

  /// The subscriptions of a sink that are not forgotten yet.
  std::vector<uint64_t> of(const caf::actor_addr& sink) const;

  /// Those that have not ended.
  std::vector<uint64_t> live() const;

  size_t size() const noexcept {
    return all_.size();
  }

  /// Deliveries that are in the hands of subscribers.
  size_t unsettled() const;

  std::optional<http_response> on_request(http_request&& request,
                                          const net::reply_address& from,
                                          const net::peer_info& peer) override;

  void on_abandoned(const net::reply_address& from) override;

private:
  struct subscriber {
    announcement as;
    sink_actor sink;
    subscription_ptr handle;
    inbox events;
    bool ended = false;
  };

  void deliver(subscriber& to);
  void answer(std::vector<inbox::answer> what);

  const http_broker_options options_;
  const event_json_limits limits_;
  const std::function<time_point()> now_;
  std::unordered_map<uint64_t, subscriber> all_;
  /// By node id.
  std::unordered_map<std::string, uint64_t> by_id_;
  std::unordered_map<inbox::request, net::reply_address> requests_;
  inbox::request last_request_ = 0;
};

} // namespace mica::broker::http
