#include "broker/http/receiver.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::broker::http {

namespace {

http_response respond(const expected<void>& outcome) {
  return outcome ? accepted() : refused(outcome.error());
}

} // namespace

receiver::receiver(const http_broker_options& options, std::function<time_point()> now)
  : options_(options),
    limits_{options.event_bytes, options.header_bytes, 256},
    now_(std::move(now)) {
  // nop
}

void receiver::add(uint64_t number, announcement as, const subscribe_request& what,
                   subscription_ptr handle) {
  by_id_[as.id] = number;
  if (!as.v1_id.empty())
    by_id_[as.v1_id] = number;
  all_.emplace(number, subscriber{std::move(as), what.sink, std::move(handle),
                                  inbox{options_, what.prefetch}});
}

const announcement* receiver::find(uint64_t number) const {
  auto found = all_.find(number);
  return found == all_.end() || found->second.ended ? nullptr : &found->second.as;
}

subscription_ptr receiver::handle_of(uint64_t number) const {
  auto found = all_.find(number);
  return found == all_.end() ? nullptr : found->second.handle;
}

void receiver::end(uint64_t number, bool abandon) {
  auto found = all_.find(number);
  if (found == all_.end())
    return;
  auto& x = found->second;
  x.ended = true;
  by_id_.erase(x.as.id);
  by_id_.erase(x.as.v1_id);
  answer(abandon ? x.events.abandon() : x.events.close());
  if (x.events.unsettled() == 0)
    all_.erase(found);
}

void receiver::abandon_all() {
  std::vector<uint64_t> numbers;
  for (const auto& [number, x] : all_)
    numbers.push_back(number);
  for (auto number : numbers)
    end(number, true);
}

void receiver::settle(const post_office::settlement& what) {
  auto found = all_.find(what.subscription);
  if (found == all_.end())
    return;
  auto& x = found->second;
  answer(x.events.settle(what.tag, what.how, now_()));
  if (x.ended && x.events.unsettled() == 0)
    all_.erase(found);
  else
    deliver(x);
}

std::vector<uint64_t> receiver::of(const caf::actor_addr& sink) const {
  std::vector<uint64_t> result;
  for (const auto& [number, x] : all_)
    if (x.sink.address() == sink)
      result.push_back(number);
  return result;
}

std::vector<uint64_t> receiver::live() const {
  std::vector<uint64_t> result;
  for (const auto& [number, x] : all_)
    if (!x.ended)
      result.push_back(number);
  return result;
}

size_t receiver::unsettled() const {
  size_t result = 0;
  for (const auto& [number, x] : all_)
    result += x.events.unsettled();
  return result;
}

std::optional<http_response> receiver::on_request(http_request&& request,
                                                  const net::reply_address& from,
                                                  const net::peer_info&) {
  auto message = read_request(std::move(request), limits_);
  if (!message)
    return refused(std::move(message.error()));
  auto found = by_id_.find(message->subscription);
  auto* to = found == by_id_.end() ? nullptr : &all_.at(found->second);
  if (!to || to->as.topic != message->what->topic)
    return refused({404, "no subscription " + message->subscription.substr(0, 256)
                             + " on this topic"});
  auto number = ++last_request_;
  requests_.emplace(number, from);
  if (auto now = to->events.arrive(std::move(message->what), number, now_())) {
    requests_.erase(number);
    return respond(now->what);
  }
  deliver(*to);
  return std::nullopt;
}

void receiver::on_abandoned(const net::reply_address&) {
  // The event stays: its subscriber may have it already.
}

void receiver::deliver(subscriber& to) {
  for (auto& x : to.events.take()) {
    x.from = to.handle;
    caf::anon_send(to.sink, std::move(x));
  }
}

void receiver::answer(std::vector<inbox::answer> what) {
  for (auto& x : what) {
    auto found = requests_.find(x.to);
    net::send_reply(found->second, respond(x.what));
    requests_.erase(found);
  }
}

} // namespace mica::broker::http
