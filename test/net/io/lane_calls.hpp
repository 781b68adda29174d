// Calls of a pool on real sockets: made on the lane, waited for here.

#pragma once

#include "net/io/live.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mica::test {

/// Exchanges that are under way.
class lane_calls {
public:
  /// Begins all of them at once.
  lane_calls(live_system& system, const net::pool_ref& pool, const net::target& to,
             std::vector<http_request> requests,
             std::chrono::nanoseconds within = patience)
    : shared_(std::make_shared<shared>()) {
    shared_->outcomes.assign(requests.size(), error{errc::internal, "no outcome"});
    shared_->left = requests.size();
    auto until = std::chrono::time_point_cast<net::time_point::duration>(
        std::chrono::steady_clock::now() + within);
    auto begin =
        [to, until, results = shared_, direct = pool.direct,
         all = std::make_shared<std::vector<http_request>>(std::move(requests))] {
          for (size_t i = 0; i < all->size(); ++i)
            direct->exchange(to, std::move((*all)[i]), until,
                             [results, i](expected<http_response> x) {
                               std::lock_guard guard{results->mtx};
                               results->outcomes[i] = std::move(x);
                               --results->left;
                               results->changed.notify_all();
                             });
        };
    system.sys.middleman().backend().post(std::move(begin));
  }

  /// In the order of the requests.
  std::vector<expected<http_response>> wait() {
    std::unique_lock guard{shared_->mtx};
    shared_->changed.wait_for(guard, patience + patience,
                              [&] { return shared_->left == 0; });
    return shared_->outcomes;
  }

private:
  struct shared {
    std::mutex mtx;
    std::condition_variable changed;
    std::vector<expected<http_response>> outcomes;
    size_t left = 0;
  };

  std::shared_ptr<shared> shared_;
};

inline http_request post_request(const std::string& target, std::string body = {}) {
  http_request result;
  result.method = "POST";
  result.target = target;
  result.fields.add("Host", "x");
  result.body = std::move(body);
  return result;
}

/// Makes `count` exchanges at once: `POST /0`, `POST /1`, ...
inline std::vector<expected<http_response>>
exchange_all(live_system& system, const net::pool_ref& pool, const net::target& to,
             size_t count, const std::string& body = {}) {
  std::vector<http_request> requests;
  for (size_t i = 0; i < count; ++i)
    requests.push_back(post_request("/" + std::to_string(i), body));
  return lane_calls{system, pool, to, std::move(requests)}.wait();
}

/// One of them.
inline expected<http_response>
exchange_one(live_system& system, const net::pool_ref& pool, const net::target& to,
             http_request request, std::chrono::nanoseconds within = patience) {
  std::vector<http_request> requests;
  requests.push_back(std::move(request));
  return std::move(lane_calls{system, pool, to, std::move(requests), within}.wait()[0]);
}

/// The response's body, or the failure's reason and text.
inline std::string text_of(const expected<http_response>& outcome) {
  return outcome ? outcome->body
                 : std::string{to_string(outcome.error().reason)} + ": "
                       + outcome.error().detail;
}

} // namespace mica::test
