// One request that waits for its response.

#pragma once

#include "mica/net/actors.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/typed_response_promise.hpp>

#include <utility>

namespace mica::net {

/// The only holder of its promise: what is dropped answers with a failure, because
/// CAF 0.17 leaves the requester of a lost promise waiting for ever.
class exchange {
public:
  using promise_type = caf::typed_response_promise<http_response>;

  exchange(http_request&& what, time_point until, promise_type promise)
    : request(std::move(what)),
      deadline(until),
      promise_(std::move(promise)) {
    // nop
  }

  exchange(exchange&& other) noexcept
    : request(std::move(other.request)),
      deadline(other.deadline),
      promise_(std::exchange(other.promise_, {})) {
    // nop
  }

  exchange& operator=(exchange&& other) noexcept {
    std::swap(request, other.request);
    std::swap(deadline, other.deadline);
    std::swap(promise_, other.promise_);
    return *this;
  }

  ~exchange() {
    if (promise_.pending())
      promise_.deliver(to_caf({errc::internal, "the exchange was dropped"}));
  }

  void succeed(http_response&& response) {
    promise_.deliver(std::move(response));
  }

  void fail(error why) {
    promise_.deliver(to_caf(std::move(why)));
  }

  http_request request;
  time_point deadline;

private:
  promise_type promise_;
};

} // namespace mica::net
