// A request handler that does what the path says.

#pragma once

#include "mica/net/request_handler.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mica::test {

inline http_response text_response(std::string body) {
  http_response result;
  result.fields.add("Content-Type", "text/plain");
  result.body = std::move(body);
  return result;
}

/// What a streaming handler was told, and the way to answer. Lives in the test.
struct server_stream_log {
  net::stream_sender to;
  std::string data;
  metadata trailers;
  error reset;
  bool ended = false;
  int writable = 0;
  size_t written = 0;
  bool destroyed = false;
};

/// Writes to a log that may outlive it. `/stream/echo` sends back what comes and ends
/// when the peer does, `/stream/throw` throws at the first byte, `/stream/slow` takes
/// nothing by itself, all else opens its window.
class server_stream_recorder : public net::stream_receiver {
public:
  server_stream_recorder(std::string target, std::shared_ptr<server_stream_log> log)
    : target_(std::move(target)),
      log_(std::move(log)) {
    // nop
  }

  ~server_stream_recorder() override {
    log_->destroyed = true;
  }

  void on_data(std::string_view bytes) override {
    if (target_ == "/stream/throw")
      throw std::runtime_error{"as asked"};
    log_->data += bytes;
    if (target_ != "/stream/slow")
      log_->to.consumed(bytes.size());
    if (target_ == "/stream/echo")
      log_->to.data(std::string{bytes});
  }

  void on_end(metadata&& trailers) override {
    log_->trailers = std::move(trailers);
    log_->ended = true;
    if (target_ == "/stream/echo") {
      log_->to.end({{"bytes", std::to_string(log_->data.size())}});
      // The stream is over, this object still runs.
      log_->to.data("too late");
    }
  }

  void on_reset(const error& why) override {
    log_->reset = why;
  }

  void on_writable() override {
    ++log_->writable;
  }

  void on_written(size_t bytes) override {
    log_->written += bytes;
  }

private:
  std::string target_;
  std::shared_ptr<server_stream_log> log_;
};

/// `/stream...` is taken in pieces (see `server_stream_recorder`), `/later...` is kept
/// for the test to answer, `/throw` throws, `/big` answers 8 MiB, all else echoes its
/// target and body at once.
class scripted_handler : public net::request_handler {
public:
  static constexpr size_t big = 8 * 1024 * 1024;

  std::unique_ptr<net::stream_receiver> on_stream(http_request& head,
                                                  const net::stream_sender& to,
                                                  const net::peer_info&) override {
    if (head.target == "/stream/refuse")
      throw std::runtime_error{"as asked"};
    if (head.target.rfind("/stream", 0) != 0)
      return nullptr;
    auto log = std::make_shared<server_stream_log>();
    log->to = to;
    streams.push_back(log);
    http_response answer;
    answer.fields.add("Content-Type", "text/plain");
    to.head(std::move(answer));
    return std::make_unique<server_stream_recorder>(head.target, log);
  }

  std::optional<http_response> on_request(http_request&& request,
                                          const net::reply_address& from,
                                          const net::peer_info& peer) override {
    if (request.target == "/throw")
      throw std::runtime_error{"as asked"};
    if (request.target == "/big")
      return text_response(std::string(big, 'x'));
    if (request.target == "/peer")
      return text_response(peer.remote + " " + peer.local);
    if (request.target == "/names") {
      std::string names;
      for (const auto& name : peer.certificate_names)
        names += name + " ";
      return text_response(names + (peer.secure ? "secure" : "plain"));
    }
    if (request.target.rfind("/later", 0) != 0)
      return text_response(request.target + request.body);
    std::lock_guard guard{mtx_};
    kept_.push_back(from);
    changed_.notify_all();
    return std::nullopt;
  }

  void on_abandoned(const net::reply_address&) override {
    std::lock_guard guard{mtx_};
    ++abandoned_;
    changed_.notify_all();
  }

  /// Waits for the next kept request.
  std::optional<net::reply_address> take() {
    std::unique_lock guard{mtx_};
    if (!changed_.wait_for(guard, patience, [this] { return !kept_.empty(); }))
      return std::nullopt;
    auto result = std::move(kept_.front());
    kept_.erase(kept_.begin());
    return result;
  }

  /// Waits until `count` requests were abandoned.
  bool await_abandoned(size_t count) {
    std::unique_lock guard{mtx_};
    return changed_.wait_for(guard, patience, [&] { return abandoned_ >= count; });
  }

  size_t kept() {
    std::lock_guard guard{mtx_};
    return kept_.size();
  }

  size_t abandoned() {
    std::lock_guard guard{mtx_};
    return abandoned_;
  }

  /// Lane only.
  std::vector<std::shared_ptr<server_stream_log>> streams;

private:
  static constexpr auto patience = std::chrono::seconds{10};

  std::mutex mtx_;
  std::condition_variable changed_;
  std::vector<net::reply_address> kept_;
  size_t abandoned_ = 0;
};

} // namespace mica::test
