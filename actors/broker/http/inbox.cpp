#include "broker/http/inbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mica::broker::http {

namespace {

// Requests that share one event; a publisher has one of each open at a time.
constexpr size_t most_sharing = 16;

error ended() {
  return {errc::unavailable, "the subscriber ends", "go.micro.broker"};
}

error no_room(std::string_view name, size_t limit) {
  return {errc::overloaded,
          "the subscriber is slow: " + std::to_string(limit)
              + " wait for it (http_broker_options::" + std::string{name} + ")",
          "go.micro.broker"};
}

error same_again() {
  return {errc::overloaded,
          "the same event came " + std::to_string(most_sharing)
              + " times and is not settled yet",
          "go.micro.broker"};
}

} // namespace

inbox::inbox(const http_broker_options& options, size_t prefetch)
  : options_(options),
    prefetch_(std::max<size_t>(1, prefetch)),
    handled_(options.remembered_ids, options.remembered_time) {
  // nop
}

std::optional<inbox::answer> inbox::arrive(event_ptr what, request from,
                                           time_point now) {
  if (closed_)
    return answer{from, ended()};
  std::optional<event_key> key;
  auto id = what->headers.get_or("Micro-Id", {});
  if (!id.empty() && options_.remembered_ids > 0) {
    key = key_of(id, what->body);
    if (handled_.contains(*key, now))
      return answer{from, {}};
    if (auto here = here_.find(*key); here != here_.end()) {
      auto& sharing = at(here->second).sharing;
      if (sharing.size() == most_sharing)
        return answer{from, same_again()};
      sharing.push_back(from);
      return std::nullopt;
    }
  }
  if (open_.size() >= prefetch_ || !waiting_.empty()) {
    if (waiting_.size() >= options_.waiting_events)
      return answer{from, no_room("waiting_events", options_.waiting_events)};
    if (waiting_bytes_ + what->body.size() > options_.waiting_bytes)
      return answer{from, no_room("waiting_bytes", options_.waiting_bytes)};
  }
  waiting_bytes_ += what->body.size();
  auto tag = ++last_tag_;
  if (key)
    here_.emplace(*key, tag);
  waiting_.emplace_back(tag, entry{std::move(what), key, from});
  return std::nullopt;
}

inbox::entry& inbox::at(uint64_t tag) {
  if (auto open = open_.find(tag); open != open_.end())
    return open->second;
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [&](const auto& x) { return x.first == tag; })
      ->second;
}

inbox::deliveries inbox::take() {
  deliveries result;
  while (!closed_ && !waiting_.empty() && open_.size() < prefetch_) {
    auto [tag, x] = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= x.what->body.size();
    result.push_back({x.what, tag, false, nullptr});
    open_.emplace(tag, std::move(x));
  }
  return result;
}

std::vector<inbox::answer> inbox::settle(uint64_t tag, verdict how, time_point now) {
  auto found = open_.find(tag);
  if (found == open_.end())
    return {};
  auto x = std::move(found->second);
  open_.erase(found);
  if (how == verdict::ack) {
    if (x.key)
      handled_.add(*x.key, now);
    return end(std::move(x), {});
  }
  return end(std::move(x), error{errc::internal,
                                 "not handled: the subscriber gave the "
                                 "event back",
                                 "go.micro.broker"});
}

std::vector<inbox::answer> inbox::end(entry&& x, const expected<void>& how) {
  if (x.key)
    here_.erase(*x.key);
  std::vector<answer> result{{x.from, how}};
  for (auto from : x.sharing)
    result.push_back({from, how});
  return result;
}

std::vector<inbox::answer> inbox::close() {
  closed_ = true;
  waiting_bytes_ = 0;
  std::vector<answer> result;
  for (auto& [tag, x] : std::exchange(waiting_, {}))
    std::ranges::move(end(std::move(x), ended()), std::back_inserter(result));
  return result;
}

std::vector<inbox::answer> inbox::abandon() {
  auto result = close();
  for (auto& [tag, x] : std::exchange(open_, {}))
    std::ranges::move(end(std::move(x), ended()), std::back_inserter(result));
  return result;
}

} // namespace mica::broker::http
