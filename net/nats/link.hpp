// A connection to NATS servers, for the transport.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/transport.hpp"

#include <nats/nats.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mica::net::nats {

/// One message as the library brings it.
struct arrival {
  std::string subject;
  std::string reply;
  std::string data;
  /// The server's word that nobody listens at what was published to.
  bool nobody = false;
};

/// A connection that comes back by itself. Thread-safe.
class link {
public:
  /// Called on the library's threads; must not block.
  using receiver = std::function<void(arrival&&)>;

  /// Tries once and blocks for that. Fails with `errc::invalid_argument` (an address).
  /// @param patient true: a server that is away is no failure, it is tried again and
  ///        again; false: `errc::unavailable`.
  static expected<std::shared_ptr<link>> open(const nats_transport_options& options,
                                              const transport_environment& env,
                                              bool patient);

  link() = default;
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// @param queue of those with the same name, one gets each message; may be empty.
  expected<void> subscribe(const std::string& subject, const std::string& queue,
                           receiver to);

  /// Ends all subscriptions.
  void unsubscribe();

  /// Fails with `errc::connection_failed` while the server is away: nothing is sent
  /// then; `errc::limit_exceeded` beyond the server's `max_payload`.
  expected<void> publish(const std::string& subject, const std::string& reply,
                         std::string_view data);

  /// Blocks until the server has handled what was sent before.
  expected<void> flush(std::chrono::milliseconds limit);

  /// The servers, without users and passwords.
  const std::string& shown() const noexcept {
    return shown_;
  }

private:
  std::string shown_;
  natsConnection* connection_ = nullptr;
  std::mutex mtx_;
  std::vector<natsSubscription*> subscriptions_;
};

/// `nats://user:secret@host` without user and secret.
std::string without_user(std::string_view url);

/// A subject that nobody else listens at and that looks like an address, so that every
/// registry can carry it: of 240.0.0.0/4, which no network routes (RFC 1112, 4).
std::string make_subject();

/// Fails with `errc::invalid_argument` for what is no subject of one service.
expected<void> check_subject(const std::string& subject);

} // namespace mica::net::nats
