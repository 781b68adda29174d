// The brokers that ship with mica. Needs CAF; mica/actors/service.hpp does not.

#pragma once

#include "mica/actors/broker_source.hpp"
#include "mica/actors/http_broker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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

// -- nats and jetstream
// ----------------------------------------------------------------

/// A connection to NATS servers, and what waits for it. A publish that is not answered
/// yet waits in a queue of this broker, also while the server is away.
struct nats_options {
  /// `[nats://|tls://][user:password@]host[:port]` each; all belong to one cluster.
  /// `--broker_address` comes first; none at all: `nats://127.0.0.1:4222`.
  std::vector<std::string> addresses = {};
  /// A `.creds` file (user JWT and key); empty: none.
  std::string credentials_file = {};
  /// For one attempt to connect, and for what the server has to answer at once.
  std::chrono::milliseconds connect_time{2'000};
  /// Between two attempts, plus up to 100 ms; there is no last one.
  std::chrono::milliseconds reconnect_wait{250};
  /// From a publish until the server has the event. Beyond: `errc::unavailable` while
  /// the server is away, else `errc::timeout` (the event may be there all the same).
  std::chrono::milliseconds publish_time{5'000};
  /// How long `disconnect` waits for what is published and not confirmed.
  std::chrono::milliseconds flush_time{5'000};
  /// Events that are published and not confirmed. Beyond: `errc::overloaded`.
  size_t waiting_events = 65'536;
  /// Bytes of them, on the wire. Beyond: `errc::overloaded`.
  size_t waiting_bytes = 67'108'864;
  /// Of a body, in and out; the server's `max_payload` (1 MiB) may be less, and counts
  /// base64. Beyond: `errc::limit_exceeded`; of one that comes: dropped and reported.
  size_t event_bytes = 16'777'216;
  /// `nats` alone: events behind the prefetch of one subscription. NATS keeps nothing
  /// back at the server, so what comes beyond is dropped and reported.
  size_t pending_events = 65'536;
  /// Bytes of their bodies.
  size_t pending_bytes = 67'108'864;
};

/// Core NATS as Go Micro's broker uses it: at most once, nothing is kept. Its promise:
/// docs/guide/brokers/nats.md.
broker_source nats_broker(nats_options options = {});

/// NATS' streams on disk: at least once, queues keep their events.
struct jetstream_options {
  nats_options server = {.publish_time = std::chrono::milliseconds{30'000}};
  /// Streams are named `<stream>-<topic>`, one for each topic; a stream that holds the
  /// topic already is used as it is.
  std::string stream = "mica";
  /// Copies that the cluster keeps of a new stream, 1 to 5.
  uint8_t replicas = 1;
  /// Bytes that a new stream may take; zero: the server's limit. Beyond: publishes
  /// fail with `errc::overloaded`, nothing is dropped.
  uint64_t stream_bytes = 0;
  /// Time without a sign of life after which the server gives an event to another
  /// subscriber. Signs go out each third of it while the event is unsettled.
  std::chrono::milliseconds ack_wait{30'000};
  /// Unsettled events of one queue, all its subscribers together: the rest waits.
  size_t queue_unsettled = 65'536;
  /// How long a subscriber without a queue may be away and still get what came
  /// meanwhile. A queue is kept until it is deleted at the server.
  std::chrono::milliseconds broadcast_kept{300'000};
};

/// Its promise: docs/guide/brokers/jetstream.md.
broker_source jetstream_broker(jetstream_options options = {});

// -- kafka
// -----------------------------------------------------------------------------

/// A Kafka cluster: at least once, queues keep their events, order within a key.
struct kafka_options {
  /// `host[:port]` each, port 9092 if missing. `--broker_address` comes first; none at
  /// all: `127.0.0.1:9092`.
  std::vector<std::string> addresses = {};
  /// For one request to the cluster.
  std::chrono::milliseconds connect_time{5'000};
  /// From a publish until all in-sync replicas have the event. Beyond:
  /// `errc::unavailable` while the cluster is away, else `errc::timeout`.
  std::chrono::milliseconds publish_time{30'000};
  /// How long `disconnect` waits for what is published and not confirmed.
  std::chrono::milliseconds flush_time{10'000};
  /// Events that are published and not confirmed. Beyond: `errc::overloaded`.
  size_t waiting_events = 100'000;
  /// Bytes of them. Beyond: `errc::overloaded`. At least 1 MiB.
  size_t waiting_bytes = 67'108'864;
  /// Of an event on the wire, in base64; the topic's `max.message.bytes` (1 MiB) may be
  /// less. Beyond: `errc::limit_exceeded`; of one that comes: dropped and reported.
  size_t event_bytes = 16'777'216;
  /// Bytes that one subscription fetches ahead of its prefetch.
  size_t fetched_bytes = 16'777'216;
  /// How long events wait for company before they are sent.
  std::chrono::milliseconds linger{5};
  /// Between two commits of what is settled; a crash repeats at most what was settled
  /// since.
  std::chrono::milliseconds commit_interval{200};
  /// Without a heartbeat for so long, a member's partitions go to the others.
  std::chrono::milliseconds session_time{10'000};
  /// For a subscription to get its first partitions.
  std::chrono::milliseconds join_time{30'000};
  /// How long a member that gave an event back stays out of its group, so that another
  /// one takes its partitions.
  std::chrono::milliseconds rejoin_wait{1'000};
  /// How long an ended subscription waits for what is unsettled before it leaves.
  std::chrono::milliseconds drain_time{10'000};
  /// Partitions and replicas of a new topic; -1: the cluster's default. Topics are made
  /// when first published or subscribed to.
  int partitions = -1;
  int replicas = -1;
};

/// Its promise: docs/guide/brokers/kafka.md.
broker_source kafka_broker(kafka_options options = {});

} // namespace mica
