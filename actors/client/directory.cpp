#include "client/directory.hpp"

#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

} // namespace

directory::directory(directory_options options, uint64_t seed)
  : options_(std::move(options)),
    seeds_(seed) {
  // nop
}

std::optional<directory::found_node>
directory::pick(const std::string& service, std::span<const std::string> tried) {
  auto found = services_.find(service);
  if (found == services_.end()) {
    if (services_.size() >= options_.known_services)
      return error{errc::overloaded,
                   "calls to more than " + std::to_string(options_.known_services)
                       + " services",
                   client_id};
    found = services_.emplace(service, known_service{}).first;
    found->second.strategy = discovery::make_strategy(options_.selector, seeds_());
    helpers_.on_watch(service);
  }
  if (found->second.current.versions.empty())
    return std::nullopt;
  return choose(found->second, tried);
}

directory::found_node directory::choose(known_service& from,
                                        std::span<const std::string> tried) {
  auto nodes = discovery::candidates(from.current, {}, tried);
  if (nodes.empty())
    return error{errc::none_available,
                 "error getting next " + from.current.service + " node: none available",
                 client_id};
  return nodes[from.strategy->pick(nodes)].where;
}

void directory::wait(const std::string& service, std::vector<std::string> tried,
                     time_point deadline, std::function<void(found_node)> then) {
  auto& line = services_[service].waiting;
  if (line.size() >= options_.waiting_calls)
    return then(error{errc::overloaded,
                      std::to_string(options_.waiting_calls)
                          + " calls wait for the registry to answer for " + service,
                      client_id});
  line.push_back({std::move(tried), deadline, std::move(then)});
  arm();
  if (line.size() == 1)
    helpers_.on_look_up(service);
}

void directory::update(discovery::snapshot&& x) {
  auto found = services_.find(x.service);
  if (found == services_.end())
    return;
  auto& service = found->second;
  service.current = std::move(x);
  // An empty one is no answer yet for those who wait: their lookup is.
  if (service.current.versions.empty())
    return;
  for (auto& who : std::exchange(service.waiting, {}))
    who.then(choose(service, who.tried));
}

void directory::not_found(const std::string& service, const error& problem) {
  auto found = services_.find(service);
  if (found == services_.end())
    return;
  auto missing = problem.reason == errc::service_not_found;
  error why{missing ? errc::service_not_found : errc::unavailable,
            "service " + service + ": " + (missing ? "not found" : to_string(problem)),
            client_id};
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
