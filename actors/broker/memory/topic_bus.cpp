#include "broker/memory/topic_bus.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace mica::broker::memory {

namespace {

constexpr auto where = "mica.broker.memory";

error too_large(const event& what, size_t limit) {
  return {errc::limit_exceeded,
          "topic " + what.topic + ": the event has " + std::to_string(what.body.size())
              + " bytes, more than " + std::to_string(limit)
              + " (memory_options::event_bytes)",
          where};
}

} // namespace

topic_bus::topic_bus(const memory_options& limits) : limits_(limits) {
  // nop
}

std::shared_ptr<const topic_bus::queue_list>
topic_bus::queues_of(std::string_view topic) const {
  std::shared_lock guard{mtx_};
  auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : found->second;
}

void topic_bus::change(const std::string& topic,
                       const std::function<void(queue_list&)>& edit) {
  auto& current = topics_[topic];
  auto changed = current ? queue_list{*current} : queue_list{};
  edit(changed);
  if (changed.empty())
    topics_.erase(topic);
  else
    current = std::make_shared<const queue_list>(std::move(changed));
}

topic_queue_ptr topic_bus::find_or_make(const subscribe_request& request) {
  topic_queue_ptr result;
  if (!request.queue.empty()) {
    if (auto found = topics_.find(request.topic); found != topics_.end())
      for (const auto& x : *found->second)
        if (x->queue() == request.queue)
          return x;
    if (auto node = kept_.extract({request.topic, request.queue}))
      result = std::move(node.mapped());
  }
  if (!result)
    result = std::make_shared<topic_queue>(request.topic, request.queue, limits_);
  change(request.topic, [&](queue_list& x) { x.push_back(result); });
  return result;
}

expected<member_ptr> topic_bus::subscribe(subscribe_request&& request) {
  if (request.topic.empty())
    return error{errc::invalid_argument, "a subscription needs a topic", where};
  if (request.prefetch == 0)
    return error{errc::invalid_argument,
                 "topic " + request.topic + ": a prefetch of 0 would let nothing come",
                 where};
  std::lock_guard guard{mtx_};
  if (subscriptions_ >= limits_.subscriptions)
    return error{errc::limit_exceeded,
                 "topic " + request.topic + ": there are "
                     + std::to_string(limits_.subscriptions)
                     + " subscriptions (memory_options::subscriptions)",
                 where};
  ++subscriptions_;
  auto queue = find_or_make(request);
  return queue->join(++last_id_, std::move(request));
}

bool topic_bus::keep(topic_queue_ptr&& queue) {
  if (queue->idle())
    return true;
  if (kept_.size() >= limits_.kept_queues)
    std::erase_if(kept_, [](const auto& x) { return x.second->idle(); });
  if (kept_.size() >= limits_.kept_queues)
    return false;
  std::pair key{queue->topic(), queue->queue()};
  kept_.emplace(std::move(key), std::move(queue));
  return true;
}

bool topic_bus::unsubscribe(const member_ptr& who) {
  auto queue = who->home().shared_from_this();
  std::lock_guard guard{mtx_};
  if (!queue->has(*who))
    return true;
  --subscriptions_;
  if (queue->leave(who) > 0)
    return true;
  change(queue->topic(), [&](queue_list& x) { std::erase(x, queue); });
  return queue->queue().empty() || keep(std::move(queue));
}

expected<bool> topic_bus::publish(const event_ptr& what,
                                  const std::function<wait_terms()>& wait) {
  if (!what || what->topic.empty())
    return error{errc::invalid_argument, "an event needs a topic", where};
  if (what->body.size() > limits_.event_bytes)
    return too_large(*what, limits_.event_bytes);
  auto queues = queues_of(what->topic);
  if (!queues)
    return false;
  queue_list full;
  for (const auto& x : *queues)
    if (!x->offer(what))
      full.push_back(x);
  if (full.empty())
    return false;
  auto terms = wait();
  auto waiting = std::make_shared<waiting_publish>(what, terms.deadline, queues->size(),
                                                   full.size(), std::move(terms.done));
  for (const auto& x : full)
    x->take_or_wait(waiting);
  return true;
}

bool topic_bus::expire(time_point now) {
  queue_list all;
  {
    std::shared_lock guard{mtx_};
    for (const auto& [topic, queues] : topics_)
      all.insert(all.end(), queues->begin(), queues->end());
    for (const auto& [key, queue] : kept_)
      all.push_back(queue);
  }
  bool result = false;
  for (const auto& x : all)
    if (x->expire(now))
      result = true;
  return result;
}

} // namespace mica::broker::memory
