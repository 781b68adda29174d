#include "gossip/streams.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery::gossip {

namespace {

using kind = stream_order::kind;

bool wants_answer(const stream_purpose& x) {
  return x.what != stream_purpose::kind::user;
}

mica::error took_too_long() {
  return {errc::timeout, "gossip: a stream took too long"};
}

} // namespace

stream_table::session* stream_table::find(stream_id id) {
  auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void stream_table::erase(stream_id id) {
  auto found = sessions_.find(id);
  if (!found->second.purpose) {
    --incoming_;
    held_ -= found->second.held;
  }
  sessions_.erase(found);
}

void stream_table::fail(stream_id id, mica::error why,
                        std::vector<stream_event>& events) {
  auto& x = sessions_.find(id)->second;
  auto purpose = x.purpose;
  auto answered = x.answered;
  erase(id);
  // A peer that does not take its answer misses nothing that we know of.
  if (answered)
    return;
  events.push_back({id, std::move(purpose), std::move(why)});
}

void stream_table::open(stream_purpose purpose, std::string text, time_point deadline,
                        std::vector<stream_order>& orders,
                        std::vector<stream_event>& events) {
  if (!free() && purpose.what != stream_purpose::kind::probe) {
    events.push_back(
        {0, std::move(purpose),
         mica::error{errc::overloaded,
                     "gossip: " + std::to_string(outgoing()) + " streams are open"}});
    return;
  }
  auto dressed = dress(std::move(text), options_);
  if (!dressed) {
    events.push_back({0, std::move(purpose), std::move(dressed.error())});
    return;
  }
  auto id = last_id_ += 2;
  orders.push_back(
      {kind::open, id, purpose.to, std::move(*dressed), !wants_answer(purpose)});
  sessions_.emplace(
      id, session{std::move(purpose), stream_reader{options_}, deadline, 0, false});
}

void stream_table::accepted(stream_id id, time_point now,
                            std::vector<stream_order>& orders) {
  if (incoming_ >= options_.limits.streams_in) {
    orders.push_back({kind::close, id, {}, {}, false});
    return;
  }
  ++incoming_;
  sessions_.emplace(
      id, session{std::nullopt, stream_reader{options_}, now + stream_time, 0, false});
}

void stream_table::received(stream_id id, std::string_view bytes,
                            std::vector<stream_order>& orders,
                            std::vector<stream_event>& events) {
  auto x = find(id);
  if (!x)
    return;
  if (x->answered)
    return;
  auto incoming = !x->purpose;
  if (incoming && held_ + bytes.size() > options_.limits.streams_bytes) {
    orders.push_back({kind::close, id, {}, {}, false});
    fail(id,
         {errc::limit_exceeded, "gossip: the streams of peers hold more than "
                                    + std::to_string(options_.limits.streams_bytes)
                                    + " bytes"},
         events);
    return;
  }
  auto result = x->reader.feed(bytes);
  if (incoming) {
    held_ += x->reader.held() - x->held;
    x->held = x->reader.held();
  }
  if (result && !*result)
    return;
  if (!result) {
    orders.push_back({kind::close, id, {}, {}, false});
    return fail(id, std::move(result.error()), events);
  }
  events.push_back({id, x->purpose, std::move(**result)});
  if (incoming)
    return;
  orders.push_back({kind::close, id, {}, {}, false});
  erase(id);
}

void stream_table::ended(stream_id id, const mica::error& why,
                         std::vector<stream_event>& events) {
  auto x = find(id);
  if (!x)
    return;
  // A user message is done when it is sent; its end without an error is that.
  if (x->purpose && !wants_answer(*x->purpose) && !why)
    erase(id);
  else
    fail(id,
         why ? why : mica::error{errc::connection_lost, "gossip: a stream ended early"},
         events);
}

void stream_table::answer(stream_id id, std::string text, time_point now,
                          std::vector<stream_order>& orders) {
  auto x = find(id);
  if (!x)
    return;
  auto dressed = dress(std::move(text), options_);
  if (!dressed || held_ - x->held + dressed->size() > options_.limits.streams_bytes)
    return close(id, orders);
  held_ += dressed->size() - x->held;
  x->held = dressed->size();
  x->reader = stream_reader{options_};
  x->answered = true;
  x->deadline = now + stream_time;
  orders.push_back({kind::write, id, {}, std::move(*dressed), true});
}

void stream_table::close(stream_id id, std::vector<stream_order>& orders) {
  if (!find(id))
    return;
  orders.push_back({kind::close, id, {}, {}, false});
  erase(id);
}

void stream_table::tick(time_point now, std::vector<stream_order>& orders,
                        std::vector<stream_event>& events) {
  std::vector<stream_id> late;
  for (auto& [id, x] : sessions_)
    if (x.deadline <= now)
      late.push_back(id);
  for (auto id : late) {
    orders.push_back({kind::close, id, {}, {}, false});
    fail(id, took_too_long(), events);
  }
}

std::optional<time_point> stream_table::next() const {
  std::optional<time_point> result;
  for (auto& [id, x] : sessions_)
    result = std::min(result.value_or(x.deadline), x.deadline);
  return result;
}

} // namespace mica::discovery::gossip
