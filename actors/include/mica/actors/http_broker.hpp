// The broker `http`: Go Micro's default, from publisher straight to subscriber.

#pragma once

#include "mica/actors/broker_source.hpp"

#include <chrono>
#include <cstddef>

namespace mica {

/// Bounds of the broker `http`. docs/limits.md explains each.
struct http_broker_options {
  /// Of a body, in both directions. Beyond: `errc::limit_exceeded`, by HTTP 413.
  size_t event_bytes = 4 * 1024 * 1024;
  /// Of the headers of an event, names and values. Beyond: `errc::limit_exceeded`.
  size_t header_bytes = 64 * 1024;

  // -- publishing ---------------------------------------------------------------

  /// Events that were published and not answered yet. Beyond: `errc::overloaded`.
  size_t unanswered_events = 10'000;
  /// Bytes of those. Beyond: `errc::overloaded`.
  size_t unanswered_bytes = 64 * 1024 * 1024;
  /// Events that wait for one subscriber. Beyond: it does not get the event, the
  /// others do, and publish fails with `errc::overloaded`.
  size_t outbox_events = 10'000;
  /// Events under way to one subscriber at once. 1 keeps their order.
  size_t in_flight = 64;
  /// Bytes of those, but at least one event.
  size_t in_flight_bytes = 8 * 1024 * 1024;
  /// Times that an event is offered to a subscriber, or all around to a queue, that is
  /// not reached or has no room. Then publish fails with the reason.
  unsigned attempts = 5;
  /// From an attempt to the next, doubled each time, up to `max_backoff`; a tenth less
  /// or more by chance.
  std::chrono::milliseconds backoff{50};
  std::chrono::milliseconds max_backoff{2'000};
  /// From publish to its answer. Beyond: `errc::timeout`; who has the event in hand
  /// may still handle it.
  std::chrono::milliseconds publish_time{30'000};
  /// Subscribers of all topics that are known. Beyond: further ones get nothing; it is
  /// reported.
  size_t known_subscribers = 10'000;

  // -- subscribing --------------------------------------------------------------

  /// Subscriptions of this broker. Beyond: `errc::limit_exceeded`.
  size_t subscriptions = 10'000;
  /// Events that wait behind `subscribe_request::prefetch`, for each subscription.
  /// Beyond: 503, so that the publisher tries again. (Go Micro's does not look at it.)
  size_t waiting_events = 1'024;
  /// Bytes of their bodies. Beyond: as `waiting_events`.
  size_t waiting_bytes = 16 * 1024 * 1024;
  /// Ids of events that were handled lately, for each subscription: what comes again
  /// is answered and not delivered. The oldest goes first. 0: none.
  size_t remembered_ids = 10'000;
  std::chrono::milliseconds remembered_time{60'000};
  /// Lease of a subscription in the registry (Go Micro's register TTL).
  std::chrono::milliseconds register_ttl{60'000};
  /// Also registers as Go Micro v1.18 does, so that its publishers find us.
  bool legacy = true;

  // -- ending -------------------------------------------------------------------

  /// How long `disconnect` waits for publishes without an answer, and for events in
  /// hand. Then: `errc::timeout`.
  std::chrono::milliseconds flush_time{5'000};
};

/// Go Micro's http broker, wire-exact in both directions (docs/wire/broker.md), with
/// HTTP/2 between mica's own and bounded retries. Subscribers are found through the
/// service's registry. Its promise: docs/guide/brokers/http.md.
broker_source http_broker(http_broker_options options = {});

} // namespace mica
