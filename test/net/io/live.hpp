// Real sockets on loopback.

#pragma once

#include "net/io/scripted_handler.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/listener.hpp"
#include "mica/net/pool.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <caf/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace mica::test {

/// How long anything may take before a test gives up.
constexpr auto patience = std::chrono::seconds{10};

/// An actor system with threads, set up as mica's runtime does.
class live_system {
  struct config : caf::actor_system_config {
    config() {
      load<caf::io::middleman>();
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", size_t{2});
      set("middleman.max-consecutive-reads", size_t{1});
      set("middleman.workers", size_t{0});
    }
  };

  // CAF wakes its I/O thread by a plain write.
  bool no_sigpipe_ = signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  config config_;

public:
  /// Sends a request and waits for the answer; a failure fails the test.
  template <class T, class Handle, class... Ts>
  T ask(const Handle& whom, Ts&&... xs) {
    auto result = try_ask<T>(whom, std::forward<Ts>(xs)...);
    if (!result)
      CAF_FAIL(to_string(result.error()));
    return std::move(*result);
  }

  template <class T, class Handle, class... Ts>
  expected<T> try_ask(const Handle& whom, Ts&&... xs) {
    caf::scoped_actor self{sys};
    expected<T> result{error{errc::internal, "no answer"}};
    self->request(whom, patience, std::forward<Ts>(xs)...)
        .receive([&](T& x) { result = std::move(x); },
                 [&](caf::error& problem) { result = from_caf(problem); });
    return result;
  }

  caf::actor_system sys{config_};
};

/// A listener with a scripted handler; ends with its scope.
class live_listener {
public:
  explicit live_listener(live_system& where, const net::http_limits& limits = {},
                         const std::string& address = "127.0.0.1:0")
    : where_(where) {
    net::listener_options options;
    options.address = address;
    options.limits = limits;
    options.handler = handler;
    actor = net::spawn_listener(where.sys, std::move(options));
    bound = where.ask<std::string>(actor, net::listen_atom::value);
  }

  live_listener(const live_listener&) = delete;

  ~live_listener() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  net::listener_stats stats() {
    return where_.ask<net::listener_stats>(actor, net::stats_atom::value);
  }

  /// Asks for the counters until they fit; false if they never do.
  template <class Predicate>
  bool await_stats(Predicate fits) {
    auto until = std::chrono::steady_clock::now() + patience;
    while (!fits(stats()))
      if (std::chrono::steady_clock::now() > until)
        return false;
    return true;
  }

  bool drain(caf::timespan limit) {
    return where_.ask<bool>(actor, net::drain_atom::value, limit);
  }

  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  net::listener_actor actor;
  std::string bound;

private:
  live_system& where_;
};

/// A plain blocking socket; a read that takes too long ends as "(nothing)".
class raw_peer {
public:
  /// @param address numeric `host:port`, or `unix:/path`.
  explicit raw_peer(const std::string& address);
  raw_peer(raw_peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
    // nop
  }
  raw_peer(const raw_peer&) = delete;
  ~raw_peer() {
    close();
  }

  bool connected() const {
    return connected_;
  }

  void send(std::string_view bytes);

  /// Reads exactly `bytes` bytes, fewer at the end of the stream.
  std::string read(size_t bytes);

  /// Reads what is there, after waiting for the first byte; empty at the end of the
  /// stream.
  std::string some();

  /// Reads one response that has a Content-Length.
  std::string response();

  /// Reads to the end of the stream; a reset is an end, too.
  std::string rest();

  /// We send no more.
  void half_close() {
    ::shutdown(fd_, SHUT_WR);
  }

  /// Ends by RST.
  void reset();

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

private:
  int fd_ = -1;
  bool connected_ = false;
};

} // namespace mica::test
