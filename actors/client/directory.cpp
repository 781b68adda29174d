#include "client/directory.hpp"

#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

} // namespace

directory::directory(directory_options options, uint64_t seed)
  : options_(std::move(options)),
    seeds_(seed) {
  if (options_.registry.empty())
    options_.registry = "the registry";
}

std::optional<directory::found_node>
directory::pick(const std::string& service, const request& what, time_point now) {
  auto found = services_.find(service);
  if (found == services_.end()) {
    if (services_.size() >= options_.known_services)
      return error{errc::overloaded,
                   "calls to more than " + std::to_string(options_.known_services)
                       + " services",
                   client_id};
    found = services_.emplace(service, known_service{}).first;
    found->second.nodes = std::make_unique<discovery::balancer>(
        options_.selector.make(seeds_()), options_.balancing);
    found->second.budget = retry_budget{options_.budget};
    helpers_.on_watch(service);
  }
  if (found->second.nodes->current().versions.empty()) {
    if (now < found->second.missing_until)
      return missing(service);
    if (found->second.waiting.empty())
      found->second.asked = now;
    return std::nullopt;
  }
  return choose(found->second, what, now);
}

error directory::missing(const std::string& service) const {
  return {errc::service_not_found,
          "service " + service + ": not found in " + options_.registry, client_id};
}

retry_budget* directory::budget(const std::string& service) {
  auto found = services_.find(service);
  return found == services_.end() ? nullptr : &found->second.budget;
}

directory::found_node directory::choose(known_service& from, const request& what,
                                        time_point now) const {
  if (auto node = from.nodes->pick(what, now))
    return node;
  const auto& current = from.nodes->current();
  size_t known = 0;
  for (const auto& x : current.versions)
    known += x.nodes.size();
  return error{errc::none_available,
               "error getting next " + current.service + " node: none available"
                   + (known == 0 ? ", " : ", none passes the filters of ")
                   + std::to_string(known) + " in " + options_.registry,
               client_id};
}

void directory::wait(const std::string& service, const request& what,
                     time_point deadline, std::function<void(found_node)> then) {
  auto& line = services_[service].waiting;
  if (line.size() >= options_.waiting_calls)
    return then(error{errc::overloaded,
                      std::to_string(options_.waiting_calls)
                          + " calls wait for the registry to answer for " + service,
                      client_id});
  line.push_back({what, deadline, std::move(then)});
  arm();
  if (line.size() == 1)
    helpers_.on_look_up(service);
}

void directory::begin(const std::string& service, discovery::candidate& at,
                      time_point now) {
  auto found = services_.find(service);
  if (found != services_.end())
    found->second.nodes->begin(at, now);
}

void directory::end(const std::string& service, discovery::candidate& at,
                    std::chrono::nanoseconds latency, discovery::call_result result,
                    time_point now) {
  auto found = services_.find(service);
  if (found != services_.end())
    found->second.nodes->end(at, latency, result, now);
}

void directory::update(discovery::snapshot&& x, time_point now) {
  auto found = services_.find(x.service);
  if (found == services_.end())
    return;
  auto& service = found->second;
  service.nodes->update(std::move(x), now);
  // An empty one is no answer yet for those who wait: their lookup is.
  if (service.nodes->current().versions.empty())
    return;
  for (auto& who : std::exchange(service.waiting, {}))
    who.then(choose(service, who.what, now));
}

void directory::not_found(const std::string& service, const error& problem,
                          time_point now) {
  auto found = services_.find(service);
  if (found == services_.end())
    return;
  error why;
  if (problem.reason == errc::service_not_found) {
    if (now - found->second.asked > options_.slow_lookup)
      found->second.missing_until = now + options_.negative_time;
    why = missing(service);
  } else {
    why = {errc::unavailable, "service " + service + ": " + to_string(problem),
           client_id};
  }
  for (auto& who : std::exchange(found->second.waiting, {}))
    who.then(why);
}

void directory::sweep(time_point now) {
  armed_ = false;
  // Callbacks may add services, so they come last.
  std::vector<std::pair<std::string, waiter>> late;
  for (auto& [name, service] : services_) {
    for (auto& who : std::exchange(service.waiting, {})) {
      if (now < who.deadline)
        service.waiting.push_back(std::move(who));
      else
        late.emplace_back(name, std::move(who));
    }
    if (!service.waiting.empty())
      arm();
  }
  for (auto& [name, who] : late)
    who.then(error{errc::timeout,
                   "call timeout: the registry did not answer for " + name, client_id});
}

void directory::close(const error& why) {
  for (auto& [name, service] : std::exchange(services_, {}))
    for (auto& who : service.waiting)
      who.then(why);
}

void directory::arm() {
  if (!std::exchange(armed_, true))
    helpers_.on_sweep_wanted();
}

} // namespace mica::detail
