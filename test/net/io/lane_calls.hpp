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

/// Makes `count` exchanges at once, `POST /0`, `POST /1`, ..., and returns their
/// outcomes in the order of their numbers.
inline std::vector<expected<http_response>>
exchange_all(live_system& system, const net::pool_ref& pool, const net::target& to,
             size_t count, const std::string& body = {},
             std::chrono::nanoseconds within = patience) {
  struct shared {
    std::mutex mtx;
    std::condition_variable changed;
    std::vector<expected<http_response>> outcomes;
    size_t left;
  };
  auto results = std::make_shared<shared>();
  results->outcomes.assign(count, error{errc::internal, "no outcome"});
  results->left = count;
  auto until = std::chrono::steady_clock::now() + within;
  system.sys.middleman().backend().post([=, direct = pool.direct] {
    for (size_t i = 0; i < count; ++i) {
      http_request what;
      what.method = "POST";
      what.target = "/" + std::to_string(i);
      what.fields.add("Host", "x");
      what.body = body;
      direct->exchange(to, std::move(what), until,
                       [results, i](expected<http_response> x) {
                         std::lock_guard guard{results->mtx};
                         results->outcomes[i] = std::move(x);
                         --results->left;
                         results->changed.notify_all();
                       });
    }
  });
  std::unique_lock guard{results->mtx};
  results->changed.wait_for(guard, patience + patience,
                            [&] { return results->left == 0; });
  return results->outcomes;
}

/// One of them: the response's body, or the failure's reason and text.
inline std::string exchange_one(live_system& system, const net::pool_ref& pool,
                                const net::target& to,
                                std::chrono::nanoseconds within = patience) {
  auto outcome = std::move(exchange_all(system, pool, to, 1, {}, within)[0]);
  return outcome ? outcome->body
                 : std::string{to_string(outcome.error().reason)} + ": "
                       + outcome.error().detail;
}

} // namespace mica::test
