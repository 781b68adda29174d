// Requests to etcd, with a token where it wants one.

#pragma once

#include "etcd/settings.hpp"
#include "http/agent_client.hpp"

#include <chrono>
#include <deque>
#include <functional>

namespace mica::discovery::etcd {

/// Authenticates before the first request and again when a token has expired, which a
/// restarted etcd's have. Lives in one actor.
class etcd_client {
public:
  /// Gets the answer to a request, of the status 200, or what kept it from coming.
  using handler = std::function<void(expected<http_answer>)>;

  /// Requests in line while a token is on its way. Beyond: `errc::overloaded`.
  static constexpr size_t waiting = 1'000;

  /// @param agent must outlive this.
  etcd_client(agent_client& agent, credentials who, std::chrono::milliseconds timeout);

  /// Makes a request; `done` is called once, later or before this returns.
  void ask(api_request request, handler done);

  /// Calls `go` once there is a token, or none is needed; for streams, which the owner
  /// starts by itself.
  void when_ready(std::function<void(expected<void>)> go);

  /// The token is no longer good.
  void forget_token();

private:
  void send(api_request request, bool again, handler done);
  void authenticate();
  void authenticated(expected<void> outcome);

  agent_client& agent_;
  credentials who_;
  std::chrono::milliseconds timeout_;
  bool authenticating_ = false;
  std::deque<std::function<void(expected<void>)>> line_;
};

} // namespace mica::discovery::etcd
