#include "nats/nats_pool.hpp"

#include "mica/codecs/event_json.hpp"

#include <charconv>
#include <utility>

namespace mica::net::nats {

namespace {

constexpr auto client_id = "go.micro.client";

error failure(errc why, const std::string& what) {
  return {why, "transport nats: " + what, client_id};
}

} // namespace

calls::calls(nats_transport_options options, size_t body_bytes)
  : options_(std::move(options)),
    body_bytes_(body_bytes) {
  // nop
}

uint64_t calls::exchange(const target& to, http_request&& request, time_point deadline,
                         done then) {
  auto number = ++last_;
  error why = closed_;
  if (!why && to.version != http_version::http1)
    why = failure(errc::invalid_argument, "gRPC does not travel over it");
  if (!why && draining_)
    why = failure(errc::unavailable, "the client ends");
  if (!why)
    if (auto ok = check_subject(to.address); !ok)
      why = std::move(ok.error());
  if (!why && calls_.size() >= options_.calls)
    why = failure(errc::overloaded,
                  std::to_string(options_.calls) + " calls are under way");
  if (why) {
    then(std::move(why));
    return number;
  }
  auto& made = calls_[number];
  made.subject = to.address;
  made.text = write_event_json(request.fields, request.body);
  made.deadline = deadline;
  made.then = std::move(then);
  if (free_slots_.empty()) {
    made.slot = ++slots_;
  } else {
    made.slot = free_slots_.back();
    free_slots_.pop_back();
  }
  by_slot_.emplace(made.slot, number);
  if (deadline != time_point::max()) {
    deadlines_.emplace(deadline, number);
    arm();
  }
  if (link_)
    send(number, made);
  return number;
}

void calls::send(uint64_t number, call& what) {
  auto ok = link_->publish(what.subject, inbox_ + std::to_string(what.slot), what.text);
  if (!ok)
    return finish(number, std::move(ok.error()), true);
  what.sent = true;
  what.text = {};
}

uint64_t calls::open(const target&, http_request&&, time_point,
                     std::unique_ptr<response_receiver> receiver) {
  receiver->on_reset(failure(errc::invalid_argument, "streams do not travel over it"));
  return ++last_;
}

void calls::cancel(uint64_t number) {
  auto found = calls_.find(number);
  if (found == calls_.end())
    return;
  found->second.then = [](expected<http_response>) {
    // nop
  };
  finish(number, failure(errc::cancelled, "given up"), !found->second.sent);
}

void calls::opened(expected<std::shared_ptr<link>> to, std::string inbox) {
  if (!to) {
    closed_ = std::move(to.error());
    while (!calls_.empty())
      finish(calls_.begin()->first, closed_, true);
    return;
  }
  link_ = std::move(*to);
  inbox_ = std::move(inbox);
  // Sending may end calls, this one and others.
  std::vector<uint64_t> waiting;
  for (const auto& x : calls_)
    waiting.push_back(x.first);
  for (auto number : waiting)
    if (auto found = calls_.find(number); found != calls_.end())
      send(number, found->second);
}

void calls::take(arrival&& x) {
  if (x.subject.size() <= inbox_.size())
    return;
  uint64_t slot = 0;
  const auto* end = x.subject.data() + x.subject.size();
  auto read = std::from_chars(x.subject.data() + inbox_.size(), end, slot);
  auto found = by_slot_.find(slot);
  if (read.ptr != end || found == by_slot_.end())
    return;
  auto number = found->second;
  if (x.nobody)
    return finish(
        number,
        failure(errc::connection_failed, "nobody listens at " + calls_[number].subject),
        true);
  event_json_limits limits;
  limits.body_bytes = body_bytes_;
  auto message = read_event_json(x.data, limits);
  if (!message) {
    auto why = std::move(message.error());
    if (why.reason != errc::limit_exceeded)
      why.reason = errc::protocol_error;
    return finish(number, std::move(why), true);
  }
  http_response response;
  response.fields = std::move(message->headers);
  response.body = std::move(message->body);
  finish(number, std::move(response), true);
}

void calls::finish(uint64_t number, expected<http_response> outcome,
                   bool slot_is_free) {
  auto found = calls_.find(number);
  auto ended = std::move(found->second);
  calls_.erase(found);
  by_slot_.erase(ended.slot);
  deadlines_.erase({ended.deadline, number});
  if (slot_is_free)
    free_slots_.push_back(ended.slot);
  ended.then(std::move(outcome));
  if (draining_ && calls_.empty())
    helpers_.on_empty();
}

void calls::sweep(time_point now) {
  armed_ = time_point::max();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    auto number = deadlines_.begin()->second;
    auto sent = calls_[number].sent;
    finish(number,
           failure(errc::timeout, sent ? "no answer from " + calls_[number].subject
                                       : "no connection in time"),
           !sent);
  }
  arm();
}

void calls::arm() {
  if (deadlines_.empty() || deadlines_.begin()->first >= armed_)
    return;
  armed_ = deadlines_.begin()->first;
  helpers_.on_sweep_wanted(armed_);
}

void calls::drain() {
  draining_ = true;
  if (calls_.empty())
    helpers_.on_empty();
}

void calls::shut_down() {
  closed_ = failure(errc::unavailable, "the client ends");
  draining_ = false;
  while (!calls_.empty())
    finish(calls_.begin()->first, closed_, false);
  link_ = nullptr;
}

} // namespace mica::net::nats
