// Streams and consumers at the server.

#pragma once

#include "mica/actors/brokers.hpp"
#include "mica/codecs/expected.hpp"

#include <nats/nats.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace mica::broker::jetstream {

/// What a consumer is made of.
struct consumer_wish {
  std::string stream;
  std::string name;
  std::string topic;
  /// Events after this one of the stream; none: those that come from now on.
  std::optional<uint64_t> after;
  size_t max_unsettled = 0;
  /// Of a subscriber without a queue: it goes when nobody has asked for so long.
  std::optional<std::chrono::milliseconds> kept;
};

/// Asks the server and waits for its answers, `connect_time` each. Thread-safe.
class streams {
public:
  /// @param options outlive it.
  explicit streams(const jetstream_options& options);
  ~streams();
  streams(const streams&) = delete;
  streams& operator=(const streams&) = delete;

  expected<void> open(natsConnection* connection);
  void close();

  /// Whether the server has JetStream, and is ready.
  expected<void> check();

  /// The stream that holds the topic, made if there is none. Remembered.
  expected<std::string> stream_of(const std::string& topic);

  /// It may have gone.
  void forget(const std::string& topic);

  /// Makes it unless it is there.
  expected<void> ensure(const consumer_wish& what);

  /// Before events are given back by who has ended: a server of 2.9 that takes one of
  /// its requests for open, and then finds nobody there, forgets the event until
  /// `ack_wait` has passed. It looks through its requests when asked about a consumer.
  void drop_dead_requests(const std::string& stream, const std::string& consumer);

  void remove(const std::string& stream, const std::string& consumer);

private:
  // Names of topics cost memory; who publishes on more is slower.
  static constexpr size_t max_known = 10'000;

  expected<std::string> find(const std::string& topic);
  expected<std::string> make(const std::string& topic);

  const jetstream_options& options_;
  jsCtx* context_ = nullptr;
  std::mutex mtx_;
  std::unordered_map<std::string, std::string> known_;
};

} // namespace mica::broker::jetstream
