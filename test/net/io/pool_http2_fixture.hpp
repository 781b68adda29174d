// Servers that speak HTTP/2 to a pool on the virtual network.

#pragma once

#include "net/io/virtual_net.hpp"

#include "http2/server_session.hpp"
#include "tls/session.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mica::test {

inline http_response plain_response(std::string body) {
  http_response result;
  result.fields.add("content-type", "text/plain");
  result.body = std::move(body);
  return result;
}

/// One connection of a server. `/later...` and everything else that the test does not
/// want answered at once is kept; what begins with `/stream` is taken in pieces; all
/// else is answered with its target and body.
class http2_far_end : public net::http2::server_events {
public:
  explicit http2_far_end(const net::http2_limits& limits2,
                         const net::http_limits& limits)
    : session(limits, limits2, *this) {
    // nop
  }

  bool on_head(int32_t stream, http_request& head) override {
    if (head.target.rfind("/stream", 0) != 0)
      return false;
    streams.push_back(stream);
    heads.push_back(std::move(head));
    return true;
  }

  void on_request(int32_t stream, http_request&& request) override {
    ++requests;
    if (request.target.rfind("/later", 0) == 0)
      kept.emplace_back(stream, request.target);
    else
      session.respond(stream, plain_response(request.target + request.body));
  }

  void on_data(int32_t stream, std::string_view bytes) override {
    data[stream] += bytes;
  }

  void on_end(int32_t stream, metadata&&) override {
    ended.push_back(stream);
  }

  void on_writable(int32_t) override {
    // nop
  }

  void on_reset(int32_t stream, const error&) override {
    resets.push_back(stream);
  }

  net::http2::server_session session;
  size_t requests = 0;
  std::vector<std::pair<int32_t, std::string>> kept;
  std::vector<int32_t> streams;
  std::vector<http_request> heads;
  std::map<int32_t, std::string> data;
  std::vector<int32_t> ended;
  std::vector<int32_t> resets;
};

/// What a pool's stream heard, in order.
struct response_log {
  net::stream_sender to;
  std::string events;
  size_t written = 0;
  bool destroyed = false;
};

class logging_response_receiver : public net::response_receiver {
public:
  explicit logging_response_receiver(std::shared_ptr<response_log> to)
    : log_(std::move(to)) {
    // nop
  }

  ~logging_response_receiver() override {
    log_->destroyed = true;
  }

  void on_open(const net::stream_sender& to) override {
    log_->to = to;
    log_->events += "open;";
  }

  void on_head(http_response&& head) override {
    log_->events += "head " + std::to_string(head.status) + ";";
  }

  void on_data(std::string_view bytes) override {
    log_->events += "data " + std::string{bytes} + ";";
  }

  void on_end(metadata&& trailers) override {
    log_->events += "end";
    for (const auto& [name, value] : trailers)
      log_->events += " " + std::string{name} + "=" + std::string{value};
    log_->events += ";";
  }

  void on_reset(const error& why) override {
    log_->events +=
        "reset " + std::string{to_string(why.reason)} + ": " + why.detail + ";";
  }

  void on_written(size_t bytes) override {
    log_->written += bytes;
  }

  void on_writable() override {
    log_->events += "writable;";
  }

private:
  std::shared_ptr<response_log> log_;
};

/// A pool and its servers; they talk when the test says so.
struct pool_http2_fixture : virtual_fixture {
  static inline const std::string node = "10.0.0.1:80";

  ~pool_http2_fixture() override {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    pool = {};
    sockets->drop_watches();
    settle();
  }

  void start() {
    pool = net::spawn_pool(sys, {limits, http, http2, sockets, tls});
    settle();
  }

  net::time_point in(caf::timespan time) {
    return sched.clock().now() + time;
  }

  static http_request request_for(const std::string& target, std::string body = {}) {
    http_request result;
    result.method = "POST";
    result.target = target;
    result.fields.add("Host", "x");
    result.body = std::move(body);
    return result;
  }

  /// Begins an exchange; nothing moves yet.
  uint64_t submit(const std::string& target,
                  caf::timespan within = std::chrono::seconds{30},
                  std::string body = {}) {
    return pool.direct->exchange(
        where, request_for(target, std::move(body)), in(within),
        [this](expected<http_response> x) { answers.push_back(text_of(x)); });
  }

  static std::string text_of(const expected<http_response>& x) {
    return x ? x->body
             : std::string{to_string(x.error().reason)} + ": " + x.error().detail;
  }

  uint64_t open_stream(const std::string& target,
                       caf::timespan within = std::chrono::seconds{30}) {
    log = std::make_shared<response_log>();
    return pool.direct->open(where, request_for(target), in(within),
                             std::make_unique<logging_response_receiver>(log));
  }

  http2_far_end& peer(int64_t id) {
    auto& result = peers[id];
    if (!result)
      result = std::make_unique<http2_far_end>(served, net::http_limits{});
    return *result;
  }

  /// The newest connection's.
  http2_far_end& peer() {
    return peer(sockets->next_handle);
  }

  /// Lets the pool and all its servers talk until they are silent.
  void talk() {
    for (auto moved = true; moved;) {
      moved = false;
      settle();
      for (auto id = first_handle; id <= sockets->next_handle; ++id)
        moved = talk_to(id) || moved;
    }
  }

  bool talk_to(int64_t id) {
    if (!open(id))
      return false;
    auto in = sent(id);
    auto& server = peer(id);
    if (!in.empty())
      server.session.receive(in, sched.clock().now());
    std::string out;
    std::array<std::string_view, 16> parts;
    while (auto count = server.session.output(parts)) {
      size_t size = 0;
      for (size_t i = 0; i < count; ++i) {
        out += parts[i];
        size += parts[i].size();
      }
      server.session.sent(size);
    }
    if (!out.empty())
      receive(id, out);
    return !in.empty() || !out.empty();
  }

  std::string answer() {
    auto all = std::exchange(answers, {});
    return all.empty() ? "nothing" : all.size() == 1 ? all[0] : "several";
  }

  std::string events() {
    return std::exchange(log->events, {});
  }

  size_t dials() const {
    return sockets->dialled.size();
  }

  static constexpr int64_t first_handle = 1001;

  net::pool_limits limits;
  net::http_limits http;
  net::http2_limits http2;
  net::tls_client_options tls;
  /// Of the servers.
  net::http2_limits served;
  net::target where{node, net::http_version::http2, false};
  net::pool_ref pool;
  std::map<int64_t, std::unique_ptr<http2_far_end>> peers;
  std::vector<std::string> answers;
  std::shared_ptr<response_log> log;
};

} // namespace mica::test
