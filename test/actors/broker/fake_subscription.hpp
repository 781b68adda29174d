// A broker's end of a subscription that keeps the verdicts.

#pragma once

#include "mica/actors/broker.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace mica::test {

class fake_subscription : public broker::subscription {
public:
  void settle(uint64_t tag, broker::verdict how) noexcept override {
    std::lock_guard guard{mtx_};
    verdicts_.emplace(tag, how);
  }

  /// `ack`, `back`, or `open`.
  std::string verdict_of(uint64_t tag) const {
    std::lock_guard guard{mtx_};
    auto found = verdicts_.find(tag);
    if (found == verdicts_.end())
      return "open";
    return found->second == broker::verdict::ack ? "ack" : "back";
  }

private:
  mutable std::mutex mtx_;
  std::map<uint64_t, broker::verdict> verdicts_;
};

inline event_ptr make_event(std::string topic, std::string body,
                            metadata headers = {}) {
  auto result = std::make_shared<event>();
  result->topic = std::move(topic);
  result->body = std::move(body);
  result->headers = std::move(headers);
  return result;
}

} // namespace mica::test
