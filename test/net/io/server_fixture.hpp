// A listener on CAF's virtual network.

#pragma once

#include "net/io/scripted_handler.hpp"
#include "net/io/virtual_net.hpp"

namespace mica::test {

inline constexpr int64_t c1 = 11;
inline constexpr int64_t c2 = 12;

inline std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

inline std::string ok(const std::string& body, bool close = false) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size())
         + "\r\nContent-Type: text/plain\r\n" + (close ? "Connection: close\r\n" : "")
         + "\r\n" + body;
}

inline bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

struct server_fixture : virtual_fixture {
  server_fixture() {
    // Deadlines are met within two sweeps of a quarter of the shortest limit.
    limits.header_time = std::chrono::seconds{10};
    limits.body_time = std::chrono::seconds{20};
    limits.idle_time = std::chrono::seconds{40};
    limits.write_time = std::chrono::seconds{16};
    limits.linger_time = std::chrono::seconds{4};
    limits.drain_idle_time = std::chrono::seconds{4};
  }

  ~server_fixture() override {
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    listener = nullptr;
    sockets->drop_watches();
    settle();
  }

  void start() {
    net::listener_options options;
    options.limits = limits;
    options.http2 = http2;
    options.tls = tls;
    options.handler = handler;
    options.sockets = sockets;
    options.report = [this](const error& why) { reports.push_back(why.detail); };
    listener = net::spawn_listener(sys, std::move(options));
    self->send(listener, net::listen_atom::value);
    settle();
    self->receive(
        [](const std::string& bound) { CAF_CHECK_EQUAL(bound, "virtual:80"); });
  }

  void connect(int64_t id) {
    mpx.add_pending_connect(accept_handle::from_int(virtual_sockets::acceptor),
                            connection_handle::from_int(id));
    CAF_REQUIRE(mpx.try_accept_connection());
    settle();
  }

  net::listener_stats stats() {
    self->send(listener, net::stats_atom::value);
    settle();
    net::listener_stats result;
    self->receive([&](net::listener_stats& x) { result = x; });
    return result;
  }

  bool accepting() {
    return !mpx.passive_mode(accept_handle::from_int(virtual_sockets::acceptor));
  }

  net::reply_address taken() {
    auto result = handler->take();
    CAF_REQUIRE(result);
    return *result;
  }

  void drain(caf::timespan limit = std::chrono::seconds{30}) {
    self->send(listener, net::drain_atom::value, limit);
    settle();
  }

  /// The answer to `drain`; -1 while there is none.
  int drained() {
    settle();
    int result = -1;
    if (self->has_next_message())
      self->receive([&](bool clean) { result = clean ? 1 : 0; });
    return result;
  }

  net::http_limits limits;
  net::http2_limits http2;
  net::tls_server_options tls;
  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  net::listener_actor listener;
  /// What the listener had to say about its peers.
  std::vector<std::string> reports;
};

} // namespace mica::test
