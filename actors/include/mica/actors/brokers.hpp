// The brokers that ship with mica. Needs CAF; mica/actors/service.hpp does not.

#pragma once

#include "mica/actors/broker_source.hpp"

#include <chrono>
#include <cstddef>

namespace mica {

// -- memory
// ----------------------------------------------------------------------------

/// Bounds of the broker `memory`; of waiting events each subscriber without a queue and
/// each queue has its own.
struct memory_options {
  /// Events that wait behind `subscribe_request::prefetch`. Beyond: publishes wait.
  size_t waiting_events = 10'000;
  /// Bytes of their bodies.
  size_t waiting_bytes = 67'108'864;
  /// Publishes that wait for room. Beyond: `errc::overloaded` at once.
  size_t waiting_publishes = 1'000;
  /// How long they wait; then `errc::overloaded`.
  std::chrono::milliseconds publish_wait{5'000};
  /// Of a body. Beyond: `errc::limit_exceeded`.
  size_t event_bytes = 16'777'216;
  /// Subscriptions of one broker. Beyond: `errc::limit_exceeded`.
  size_t subscriptions = 100'000;
  /// Queues without a subscriber whose unsettled events wait for the next one. Beyond:
  /// they are dropped, and that is reported.
  size_t kept_queues = 1'000;
};

/// Topics inside this process: no socket, nothing on a disk. Services that are given
/// the same source share the topics, others do not. Its promise:
/// docs/guide/brokers/memory.md.
broker_source memory_broker(memory_options options = {});

} // namespace mica
