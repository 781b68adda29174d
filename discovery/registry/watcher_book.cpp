#include "registry/watcher_book.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::discovery {

void watcher_book::add(const std::string& service, watcher_actor watcher) {
  auto& x = services_[service];
  if (x.known)
    caf::anon_send(watcher, *x.known);
  x.watchers.push_back(std::move(watcher));
}

std::vector<std::string> watcher_book::forget(const caf::actor_addr& watcher) {
  std::vector<std::string> unwatched;
  for (auto i = services_.begin(); i != services_.end();) {
    std::erase_if(i->second.watchers,
                  [&](const watcher_actor& x) { return x == watcher; });
    if (!i->second.watchers.empty()) {
      ++i;
      continue;
    }
    unwatched.push_back(i->first);
    i = services_.erase(i);
  }
  return unwatched;
}

bool watcher_book::knows(const std::string& service) const {
  auto found = services_.find(service);
  return found != services_.end() && found->second.known;
}

std::vector<std::string> watcher_book::services() const {
  std::vector<std::string> result;
  for (const auto& x : services_)
    result.push_back(x.first);
  return result;
}

void watcher_book::confirm(const std::string& service, snapshot found, time_point now) {
  auto& x = services_.at(service);
  x.confirmed = now;
  push(x, std::move(found));
}

void watcher_book::lose(const std::string& service, time_point now) {
  if (auto found = services_.find(service); found != services_.end())
    lose(found->second, now);
}

void watcher_book::lose_all(time_point now) {
  for (auto& x : services_)
    lose(x.second, now);
}

void watcher_book::lose(entry& x, time_point now) {
  if (!x.known || x.known->stale_for)
    return;
  auto stale = *x.known;
  stale.stale_for = now - x.confirmed;
  push(x, std::move(stale));
}

void watcher_book::push(entry& x, snapshot found) {
  if (x.known == found)
    return;
  for (const auto& watcher : x.watchers)
    caf::anon_send(watcher, found);
  x.known = std::move(found);
}

} // namespace mica::discovery
