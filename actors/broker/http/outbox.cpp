#include "broker/http/outbox.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace mica::broker::http {

namespace {

// What the subscriber did with a request that failed.
enum class answer {
  /// Perhaps nothing: another attempt may do.
  not_reached,
  /// It no longer exists.
  gone,
  /// It said no for good.
  said_no,
};

answer meaning_of(const error& why) {
  if (why.code == 404)
    return answer::gone;
  switch (why.reason) {
    case errc::connection_failed:
    case errc::connection_lost:
    case errc::protocol_error:
    case errc::overloaded:
    case errc::unavailable:
    case errc::none_available:
    case errc::cancelled:
      return answer::not_reached;
    default:
      return why.code == 503 ? answer::not_reached : answer::said_no;
  }
}

std::string name_of(const recipient& x) {
  return x.id + " at " + x.to.address;
}

bool holds(const std::vector<std::string>& list, const std::string& x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

} // namespace

outbox::outbox(const http_broker_options& options, bool secure, uint64_t seed)
  : options_(options),
    table_(options.known_subscribers, secure),
    random_(seed) {
  // nop
}

size_t outbox::update(const discovery::snapshot& x, time_point now) {
  auto left_out = table_.update(x);
  look_who_left(now);
  return left_out;
}

void outbox::add(const announcement& what) {
  table_.add(what);
}

void outbox::remove(const std::string& id, time_point now) {
  table_.remove(id);
  look_who_left(now);
}

void outbox::look_who_left(time_point now) {
  std::vector<queued> homeless;
  for (auto i = lines_.begin(); i != lines_.end();) {
    auto& line = *(i++)->second;
    if (auto who = table_.recipient_of(line.who->id)) {
      line.who = std::move(who);
      line.left = false;
      continue;
    }
    line.left = true;
    for (auto& what : std::exchange(line.waiting, {})) {
      // Whoever left is no subscriber any more; a queue goes on without it.
      if (what.queue.empty())
        what.what->taken();
      else
        homeless.push_back(std::move(what));
    }
    forget_if_unused(line);
  }
  for (auto& what : homeless)
    route(std::move(what), {}, now);
}

void outbox::publish(publication_ptr what, time_point now) {
  auto* audience = table_.find(what->what().topic);
  if (!audience)
    return what->expect(0, now);
  what->expect(audience->broadcast.size() + audience->queues.size(),
               now + options_.publish_time);
  if (what->over())
    return;
  forget_over();
  published_.push_back(what);
  for (const auto& who : audience->broadcast)
    append(line_of(who), {what, {}, 0, {}, {}});
  for (const auto& [queue, nodes] : audience->queues)
    route({what, queue, 0, {}, {}}, {}, now);
}

outbox::waiting_line& outbox::line_of(const recipient_ptr& who) {
  auto& found = lines_[who->id];
  if (!found) {
    found = std::make_unique<waiting_line>();
    found->who = who;
  }
  return *found;
}

bool outbox::may_send(const waiting_line& x) const {
  return !x.waiting.empty() && x.in_flight < options_.in_flight
         && (x.in_flight == 0 || x.bytes < options_.in_flight_bytes);
}

void outbox::wake(waiting_line& x) {
  if (!x.ready && may_send(x)) {
    x.ready = true;
    ready_.push_back(&x);
  }
}

void outbox::append(waiting_line& to, queued&& what) {
  if (to.waiting.size() >= options_.outbox_events) {
    error full{errc::overloaded, std::to_string(options_.outbox_events)
                                     + " events wait for it "
                                       "(http_broker_options::outbox_events)"};
    return what.what->missed(name_of(*to.who), full);
  }
  to.waiting.push_back(std::move(what));
  wake(to);
}

void outbox::route(queued&& what, const error& why, time_point now) {
  auto* audience = table_.find(what.what->what().topic);
  auto name = "queue " + what.queue;
  auto found =
      audience ? audience->queues.find(what.queue) : decltype(audience->queues.end()){};
  if (!audience || found == audience->queues.end())
    return what.what->missed(
        name, {errc::unavailable, "its last subscriber left without taking it"});
  const auto& nodes = found->second;
  std::vector<recipient_ptr> open;
  auto collect = [&] {
    for (const auto& node : nodes)
      if (!holds(what.refused_by, node->id) && !holds(what.unreached, node->id))
        open.push_back(node);
  };
  collect();
  if (open.empty()) {
    // All around.
    auto refused = what.unreached.empty();
    what.unreached.clear();
    if (refused || ++what.attempts >= options_.attempts)
      return what.what->missed(
          name + " (" + std::to_string(nodes.size()) + " subscribers)", why);
    collect();
    if (open.empty())
      return what.what->missed(name, why);
  }
  // One that is not known to be away, if there is.
  auto in_backoff = [&](const recipient_ptr& node) {
    auto i = lines_.find(node->id);
    return i != lines_.end() && i->second->not_before > now;
  };
  auto last = std::partition(open.begin(), open.end(), std::not_fn(in_backoff));
  auto count =
      last == open.begin() ? open.size() : static_cast<size_t>(last - open.begin());
  append(line_of(open[random_() % count]), std::move(what));
}

std::optional<outbox::posting> outbox::next(time_point now) {
  while (!ready_.empty()) {
    auto& line = *ready_.front();
    ready_.pop_front();
    line.ready = false;
    while (!line.waiting.empty() && line.waiting.front().what->over())
      line.waiting.pop_front();
    if (!may_send(line)) {
      forget_if_unused(line);
      continue;
    }
    // `tick` wakes it.
    if (line.not_before > now)
      continue;
    auto post = std::move(line.waiting.front());
    line.waiting.pop_front();
    ++line.in_flight;
    line.bytes += post.what->bytes();
    posting result{++last_number_, line.who, post.what->body(line.who->speaks),
                   post.what->deadline()};
    in_flight_.emplace(result.number, flight{std::move(post), line.who->id});
    wake(line);
    return result;
  }
  return std::nullopt;
}

void outbox::answered(uint64_t number, const expected<void>& outcome, time_point now) {
  auto found = in_flight_.find(number);
  if (found == in_flight_.end())
    return;
  auto post = std::move(found->second.what);
  auto& line = *lines_.at(found->second.line);
  in_flight_.erase(found);
  --line.in_flight;
  line.bytes -= post.what->bytes();
  if (outcome) {
    line.failures = 0;
    line.why.clear();
    post.what->taken();
  } else if (!post.what->over()) {
    const auto& why = outcome.error();
    switch (meaning_of(why)) {
      case answer::not_reached:
        not_reached(line, std::move(post), why, now);
        break;
      case answer::gone:
        if (post.queue.empty()) {
          post.what->taken();
          break;
        }
        [[fallthrough]];
      case answer::said_no:
        if (post.queue.empty()) {
          post.what->missed(name_of(*line.who), why);
        } else {
          post.refused_by.push_back(line.who->id);
          route(std::move(post), why, now);
        }
        break;
    }
  }
  wake(line);
  forget_if_unused(line);
}

void outbox::not_reached(waiting_line& from, queued&& what, const error& why,
                         time_point now) {
  // Those under way together fail together: that is one failure.
  if (from.not_before <= now) {
    from.not_before = now + backoff(++from.failures);
    from.why = why.detail;
    backoffs_.emplace(from.not_before, from.who->id);
  }
  if (!what.queue.empty()) {
    what.unreached.push_back(from.who->id);
    return route(std::move(what), why, now);
  }
  if (from.left)
    return what.what->taken();
  if (++what.attempts >= options_.attempts)
    return what.what->missed(name_of(*from.who), why);
  from.waiting.push_front(std::move(what));
}

std::chrono::nanoseconds outbox::backoff(unsigned failures) {
  auto wait = std::chrono::nanoseconds{options_.backoff};
  for (unsigned i = 1; i < failures && wait < options_.max_backoff; ++i)
    wait *= 2;
  wait = std::min(wait, std::chrono::nanoseconds{options_.max_backoff});
  // 0.9 .. 1.1
  return wait * 9 / 10 + wait / 5 * static_cast<int64_t>(random_() % 1000) / 1000;
}

void outbox::tick(time_point now) {
  forget_over();
  if (!published_.empty() && published_.front()->deadline() <= now)
    time_out(now);
  while (!backoffs_.empty() && backoffs_.begin()->first <= now) {
    auto line = lines_.find(backoffs_.begin()->second);
    if (line != lines_.end())
      wake(*line->second);
    backoffs_.erase(backoffs_.begin());
  }
}

void outbox::forget_over() {
  while (!published_.empty() && published_.front()->over())
    published_.pop_front();
  if (published_.size() < forget_at_)
    return;
  std::erase_if(published_, [](const auto& x) { return x->over(); });
  forget_at_ = std::max<size_t>(64, 2 * published_.size());
}

// One look at all that is under way, however many are late.
void outbox::time_out(time_point now) {
  auto text = "no answer within " + std::to_string(options_.publish_time.count())
              + " ms (http_broker_options::publish_time)";
  auto miss = [&](const queued& x, const recipient& who, const std::string& why) {
    if (x.what->deadline() <= now)
      x.what->missed(name_of(who), {errc::timeout, text + why});
  };
  for (auto& [number, x] : in_flight_)
    miss(x.what, *lines_.at(x.line)->who, {});
  for (auto& [id, line] : lines_) {
    for (auto& x : line->waiting)
      miss(x, *line->who, line->why.empty() ? "" : ": " + line->why);
    std::erase_if(line->waiting, [](const queued& x) { return x.what->over(); });
  }
  forget_over();
}

outbox::time_point outbox::due() const {
  auto result = time_point::max();
  for (const auto& x : published_) {
    if (!x->over()) {
      result = x->deadline();
      break;
    }
  }
  return backoffs_.empty() ? result : std::min(result, backoffs_.begin()->first);
}

void outbox::forget_if_unused(waiting_line& x) {
  if (x.left && x.waiting.empty() && x.in_flight == 0 && !x.ready)
    lines_.erase(std::string{x.who->id});
}

void outbox::close(const error& why) {
  for (const auto& x : std::exchange(published_, {}))
    x->end(why);
  ready_.clear();
  for (auto& [id, line] : lines_) {
    line->ready = false;
    line->waiting.clear();
  }
}

} // namespace mica::broker::http
