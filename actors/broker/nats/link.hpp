// The connection to a NATS server that comes and goes.

#pragma once

#include "mica/actors/brokers.hpp"
#include "mica/codecs/expected.hpp"

#include <nats/nats.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::broker::nats {

/// What a library's call failed with, and what its thread knows beyond.
error to_error(natsStatus status, const std::string& doing);

/// Thread-safe but for `open` and `close`.
class link {
public:
  /// Called on the library's threads; must not block. None is called after `close`.
  struct listener {
    std::function<void()> up;
    std::function<void()> down;
    std::function<void(const std::string& line)> report;
  };

  /// @param kind `nats` or `jetstream`, for the log.
  link(std::string kind, nats_options options, broker_environment env);
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// Tries once and blocks for that; afterwards it goes on by itself. Fails with
  /// `errc::unavailable`, or `errc::invalid_argument` for addresses and TLS files that
  /// are none: then nothing goes on. Does nothing while open and up.
  expected<void> open(listener to);

  /// Blocks until the last callback has returned. It can be opened again.
  void close();

  bool is_open() const noexcept {
    return connection_ != nullptr;
  }

  bool up() const;

  /// How often there was a connection: what was written under one number went to one
  /// server, in order.
  uint64_t incarnation() const;

  /// Blocks until the server has handled all that was written before.
  expected<void> flush(std::chrono::milliseconds limit) const;

  /// Null while closed.
  natsConnection* get() const noexcept {
    return connection_;
  }

  /// Of the server in use, or of the first one; empty before `open`.
  std::string address() const;

  /// Why there is no connection.
  error away() const;

private:
  struct shared_state;

  expected<void> read_addresses();
  expected<void> configure(natsOptions* options);
  expected<void> configure_tls(natsOptions* options);

  static void on_connected(natsConnection*, void* closure);
  static void on_disconnected(natsConnection*, void* closure);
  static void on_closed(natsConnection*, void* closure);
  static void on_error(natsConnection*, natsSubscription*, natsStatus status,
                       void* closure);

  const std::string kind_;
  const nats_options options_;
  const broker_environment env_;
  std::vector<std::string> urls_;
  std::vector<std::string> shown_;
  bool tls_ = false;
  natsConnection* connection_ = nullptr;
  /// Outlives us in the library's callbacks.
  std::shared_ptr<shared_state> state_;
};

} // namespace mica::broker::nats
