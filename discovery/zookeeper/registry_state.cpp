#include "zookeeper/registry_state.hpp"

#include "records/validate.hpp"
#include "registry/lease_book.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace mica::discovery::zookeeper {

mica::error registry_state::begin(self_pointer self, zookeeper_options options) {
  self_ = self;
  options_ = std::move(options);
  reports_ = reporter{options_.report};
  random_.seed(std::random_device{}());
  auto servers = server_list(options_);
  if (!servers)
    return std::move(servers.error());
  servers_ = std::move(*servers);
  // A name that can't be resolved now may be later: tried again with each request.
  if (auto failure = open())
    report(failure.detail);
  return {};
}

mica::error registry_state::open() {
  // The former one ends before another connects.
  session_.reset();
  connection_ = std::make_shared<connection>();
  auto sink = [number = ++number_, there = connection_,
               owner = caf::actor_cast<caf::weak_actor_ptr>(self_)](event x) {
    if (x.what != event::kind::changed)
      there->set(x.what == event::kind::connected);
    if (auto strong = owner.lock())
      caf::anon_send(caf::actor_cast<caf::actor>(strong),
                     session_event{number, std::move(x)});
  };
  auto made = session::open(servers_, options_.session_timeout, std::move(sink));
  if (!made)
    return std::move(made.error());
  session_ = std::move(*made);
  return {};
}

expected<session*> registry_state::connected() {
  if (!session_)
    if (auto failure = open())
      return failure;
  auto limit = std::exchange(waited_, true) ? std::chrono::milliseconds{0}
                                            : options_.connect_timeout;
  if (connection_->await(limit))
    return session_.get();
  auto why = "ZooKeeper at " + servers_ + ": no server answers";
  lost(why);
  return mica::error{errc::unavailable, std::move(why)};
}

expected<void> registry_state::add(const service_record& record, caf::timespan ttl) {
  if (auto failure = validate(record, ttl))
    return failure;
  auto to = connected();
  if (!to)
    return std::move(to.error());
  auto one = record;
  for (const auto& x : record.nodes) {
    one.nodes = {x};
    auto value = to_json(one);
    auto path = node_path(record.name, x.id);
    // A renewal must not wake up all who watch.
    auto stored = (*to)->get(path);
    if (stored && *stored == value)
      continue;
    if (auto done = (*to)->write(path, value); !done)
      return done;
  }
  return {};
}

expected<void> registry_state::remove(const service_record& record) {
  auto to = connected();
  if (!to)
    return std::move(to.error());
  for (const auto& x : record.nodes)
    if (auto done = (*to)->remove(node_path(record.name, x.id)); !done)
      return done;
  return {};
}

expected<snapshot> registry_state::lookup(const std::string& service) {
  auto to = connected();
  if (!to)
    return std::move(to.error());
  auto stored = (*to)->read(service_path(service), false);
  if (!stored)
    return std::move(stored.error());
  ignored_input ignored;
  auto found = merge_service(service, *stored, ignored);
  if (!ignored.empty())
    report("service " + service + ": ignored in ZooKeeper: " + ignored.text());
  if (found.versions.empty())
    return mica::error{errc::service_not_found,
                       "service " + service + " not found in ZooKeeper at " + servers_};
  return found;
}

expected<std::vector<service_record>> registry_state::list() {
  auto to = connected();
  if (!to)
    return std::move(to.error());
  auto stored = (*to)->read_all();
  if (!stored)
    return std::move(stored.error());
  ignored_input ignored;
  auto found = merge_services(*stored, ignored);
  if (!ignored.empty())
    report("ignored in ZooKeeper: " + ignored.text());
  return found;
}

mica::error registry_state::watch(const std::string& service, watcher_actor watcher) {
  if (watched_.size() >= services && !watched_.has(service)) {
    mica::error failure{errc::limit_exceeded, "service " + service + ": more than "
                                                  + std::to_string(services)
                                                  + " services watched in ZooKeeper"};
    report(failure.detail);
    return failure;
  }
  // Monitored from above: we outlive our watchers.
  self_->monitor(watcher);
  watched_.add(service, std::move(watcher));
  if (!watched_.knows(service))
    dirty_.insert(service);
  schedule({});
  return {};
}

void registry_state::forget(const caf::actor_addr& watcher) {
  for (const auto& service : watched_.forget(watcher))
    dirty_.erase(service);
}

void registry_state::take(const session_event& x) {
  if (x.session != number_)
    return;
  switch (x.content.what) {
    case event::kind::changed: {
      auto part = service_part(x.content.path);
      for (const auto& service : watched_.services())
        if (path_part(service) == part)
          dirty_.insert(service);
      return schedule({});
    }
    case event::kind::connected:
      if (std::exchange(away_, false))
        report("ZooKeeper at " + servers_ + " answers again");
      failures_ = 0;
      return all_dirty();
    case event::kind::away:
      return lost("ZooKeeper at " + servers_ + ": the connection is lost");
    case event::kind::expired:
      lost("ZooKeeper at " + servers_ + ": the session has expired");
      renew_session();
  }
}

void registry_state::on_due() {
  scheduled_ = false;
  // The connection's return makes all be read.
  if (!session_ || !connection_->await(std::chrono::milliseconds{0})) {
    // The session is over by now, even if no server is there to say so. Servers that
    // were restored to an older state never would: they refuse whoever has seen a newer
    // one.
    if (now() - away_since_ >= options_.session_timeout) {
      away_since_ = now();
      renew_session();
    }
    return schedule(options_.session_timeout);
  }
  for (const auto& service : std::exchange(dirty_, {}))
    if (watched_.has(service))
      read(service);
}

void registry_state::read(const std::string& service) {
  auto stored = session_->read(service_path(service), true);
  if (!stored) {
    report("watching service " + service + " failed: " + stored.error().detail);
    dirty_.insert(service);
    std::uniform_real_distribution<> distribution;
    return schedule(back_off(++failures_, longest_pause, distribution(random_)));
  }
  ignored_input ignored;
  auto found = merge_service(service, *stored, ignored);
  if (!ignored.empty())
    report("service " + service + ": ignored in ZooKeeper: " + ignored.text());
  watched_.confirm(service, std::move(found), now());
}

void registry_state::renew_session() {
  report("ZooKeeper at " + servers_ + ": the session has expired; opening another");
  // Its watches went with it; all is read once the new one is connected.
  if (auto failure = open())
    report(failure.detail);
}

void registry_state::lost(const std::string& why) {
  if (!std::exchange(away_, true)) {
    away_since_ = now();
    report(why + "; going on with what is known");
    schedule(options_.session_timeout);
  }
  for (const auto& service : watched_.services())
    dirty_.insert(service);
  watched_.lose_all(now());
}

void registry_state::all_dirty() {
  for (const auto& service : watched_.services())
    dirty_.insert(service);
  schedule({});
}

void registry_state::schedule(std::chrono::nanoseconds delay) {
  if (scheduled_)
    return;
  scheduled_ = true;
  // Behind the changes that are in line already: those of one burst are read together.
  if (delay <= delay.zero())
    self_->send(self_, due_atom::value);
  else
    self_->delayed_send(self_, delay, due_atom::value);
}

void registry_state::report(const std::string& line) {
  reports_.say(line, now());
}

registry_state::time_point registry_state::now() const {
  return self_->clock().now();
}

} // namespace mica::discovery::zookeeper
