// A request handler that does what the path says.

#pragma once

#include "mica/net/request_handler.hpp"

#include <chrono>
#include <condition_variable>
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

/// `/later...` is kept for the test to answer, `/throw` throws, `/big` answers 8 MiB,
/// all else echoes its target and body at once.
class scripted_handler : public net::request_handler {
public:
  static constexpr size_t big = 8 * 1024 * 1024;

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

private:
  static constexpr auto patience = std::chrono::seconds{10};

  std::mutex mtx_;
  std::condition_variable changed_;
  std::vector<net::reply_address> kept_;
  size_t abandoned_ = 0;
};

} // namespace mica::test
