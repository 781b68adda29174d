// Talks to whichever server of a registry answers.

#pragma once

#include "http/worker.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mica::discovery {

/// Who is asked, and how we show who we are.
struct agent_settings {
  /// At least one, e.g. `http://127.0.0.1:8500`.
  std::vector<std::string> urls;
  /// Empty: none.
  std::string token;
  std::string token_header = "X-Consul-Token";
  /// In error messages.
  std::string name = "Consul";
  std::shared_ptr<const http_tls> tls = {};
};

/// One call, without the server's address.
struct api_request {
  /// `GET`, `PUT` or `POST`.
  std::string method;
  /// Path and query, escaped.
  std::string target;
  std::string body;
  /// See `http_request`.
  bool stream = false;
  /// One more header line; empty: none.
  std::string header = {};

  bool operator==(const api_request&) const = default;
};

/// Where requests go out: the worker, or a script in tests.
class http_port {
public:
  virtual ~http_port();

  /// Begins a request; its outcome comes back with `ticket`, later. False if too many
  /// are in line: then nothing comes.
  [[nodiscard]] virtual bool start(uint64_t ticket, http_request request) = 0;

  /// Gives up a request; nothing comes, unless it is on its way.
  virtual void cancel(uint64_t ticket) = 0;
};

/// What to do when an agent can't be reached.
enum class fail_over : uint8_t {
  /// Ask the next one, until each was asked once.
  at_once,
  /// Fail; the next request goes to the next one.
  next_time,
};

/// Sends requests to the agent that answered last, goes on to the next one when it
/// can't be reached or answers 503, and stays there. Lives in one actor, without clock
/// and thread.
class agent_client {
public:
  /// Gets an answer of any status, or what kept it from coming. Network failures are
  /// `errc::unavailable` and name the address and curl's reason.
  using handler = std::function<void(expected<http_answer>)>;

  /// Told after each request whether an agent answered: no failure, or what kept it
  /// from answering.
  using observer = std::function<void(const mica::error&)>;

  /// @param port must outlive this.
  agent_client(agent_settings settings, http_port& port, observer watch = nullptr);

  /// Begins a request. The handler is called at most once, from `complete`, or before
  /// this returns if the port takes no more (`errc::overloaded`).
  ///
  /// @param timeout for each agent that is asked.
  /// @returns a number for `cancel`.
  uint64_t start(api_request request, std::chrono::milliseconds timeout, fail_over mode,
                 handler done);

  /// Forgets a request; its handler is not called.
  void cancel(uint64_t ticket);

  /// Takes what came back for `ticket`; outcomes of forgotten requests are ignored.
  void complete(uint64_t ticket, expected<http_answer> outcome);

  /// From the next request on.
  void use_token(std::string token) {
    settings_.token = std::move(token);
  }

  bool has_token() const noexcept {
    return !settings_.token.empty();
  }

  /// The agent in use, e.g. `http://127.0.0.1:8500`.
  const std::string& url() const noexcept {
    return settings_.urls[current_];
  }

private:
  struct call {
    api_request request;
    std::chrono::milliseconds timeout{0};
    fail_over mode = fail_over::at_once;
    handler done;
    /// Index of the agent asked, and how many were before it.
    size_t agent = 0;
    size_t asked_before = 0;
  };

  bool send(uint64_t ticket, const call& x);

  agent_settings settings_;
  http_port& port_;
  observer observer_;
  size_t current_ = 0;
  uint64_t last_ticket_ = 0;
  std::map<uint64_t, call> calls_;
};

/// Returns the error that a status other than 200 stands for, with the agent's own
/// words; none for 200.
mica::error refusal(const http_answer& answer, const std::string& url,
                    const std::string& name = "Consul");

} // namespace mica::discovery
