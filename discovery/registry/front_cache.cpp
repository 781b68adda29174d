// The cache of the front: lookups, watches, what the backend tells.

#include "registry/front.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::discovery {

namespace {

// Lookups that wait for the backend at once; each holds a promise of some 100 bytes.
constexpr size_t max_waiting = 65'536;

constexpr auto shortest_sweep = std::chrono::milliseconds{100};

watcher_actor::behavior_type probe(watcher_actor::pointer self, front_actor front,
                                   uint64_t number) {
  net::init_actor(self);
  return {[self, front, number](snapshot& what) {
    self->send(front, push_atom::value, number, std::move(what));
  }};
}

} // namespace

snapshot registry_front::current(const service_entry& x) {
  auto result = x.known;
  if (away_since_)
    result.stale_for = now() - *away_since_;
  else if (x.kept_since)
    result.stale_for = now() - *x.kept_since;
  return result;
}

registry_front::service_entry& registry_front::use(const std::string& service) {
  auto& x = cache_.use(service);
  x.used = now();
  if (x.known.service.empty()) {
    x.known.service = service;
    if (cache_.size() == 1)
      sweep_at_ =
          x.used
          + std::max<time_point::duration>(options_.cache_ttl / 4, shortest_sweep);
    start_timer();
  }
  return x;
}

caf::result<snapshot> registry_front::look_up(const std::string& service) {
  auto& x = use(service);
  if (!x.known.versions.empty() && (x.change == own_change::none || away_since_)) {
    // A watch that works makes this needless; a watch that broke unnoticed does not.
    if (!away_since_ && x.confirmed && x.used - *x.confirmed >= options_.cache_ttl)
      ask(service, x);
    return current(x);
  }
  if (waiting_ >= max_waiting)
    return to_caf({errc::overloaded, "can't look up \"" + service
                                         + "\": " + std::to_string(max_waiting)
                                         + " lookups wait for the registry already"});
  auto promise = make_response_promise<snapshot>();
  x.waiting.push_back(promise);
  ++waiting_;
  ask(service, x);
  bound_cache();
  return promise;
}

void registry_front::watch(const std::string& service, watcher_actor& watcher) {
  auto& x = use(service);
  if (x.told || x.confirmed)
    send(watcher, current(x));
  // Downward: we outlive our watchers.
  monitor(watcher);
  x.watchers.push_back(std::move(watcher));
  update_pin(service, x);
  start_probe(service, x);
  if (!x.confirmed)
    ask(service, x);
  bound_cache();
}

void registry_front::forget_watcher(const caf::actor_addr& gone) {
  std::vector<std::string> useless;
  cache_.for_each([&](const std::string& service, service_entry& x) {
    if (std::erase_if(x.watchers, [&](const watcher_actor& y) { return y == gone; })
        == 0)
      return;
    update_pin(service, x);
    if (is_useless(x))
      useless.push_back(service);
  });
  for (const auto& service : useless)
    drop(service);
  bound_cache();
}

void registry_front::ask(const std::string& service, service_entry& x) {
  if (x.asking)
    return;
  x.asking = true;
  x.pushes = 0;
  if (x.change == own_change::unseen)
    x.change = own_change::being_read;
  update_pin(service, x);
  request(backend_, backend_patience, lookup_atom::value, service)
      .then([this, service](snapshot& what) { answered(service, what); },
            [this, service](caf::error& why) { not_answered(service, why); });
}

void registry_front::answered(const std::string& service, snapshot& what) {
  if (what.stale_for)
    backend_is_away(now() - *what.stale_for);
  else
    backend_answered();
  if (auto x = cache_.find(service)) {
    // A push that came meanwhile is at least as new, and may be newer.
    if (x->pushes == 0)
      learn(*x, std::move(what.versions));
    change_was_read(*x);
    finish_asking(service, *x,
                  to_caf(error{errc::service_not_found,
                               "the registry has no node of \"" + service + '"'}));
  }
}

void registry_front::not_answered(const std::string& service, const caf::error& why) {
  auto not_found = from_caf(why).reason == errc::service_not_found;
  if (not_found)
    backend_answered();
  else
    backend_failed(why);
  auto x = cache_.find(service);
  if (!x)
    return;
  if (not_found) {
    if (x->pushes == 0)
      learn(*x, {});
    change_was_read(*x);
  } else if (!x->told) {
    inform(*x);
  }
  finish_asking(service, *x, explain(why));
}

void registry_front::finish_asking(const std::string& service, service_entry& x,
                                   const caf::error& otherwise) {
  x.asking = false;
  // Changed while the question was on its way: the answer may be from before.
  if (x.change == own_change::unseen && !x.waiting.empty() && !away_since_) {
    ask(service, x);
    return;
  }
  if (x.change == own_change::being_read)
    x.change = own_change::unseen;
  waiting_ -= x.waiting.size();
  for (auto& promise : std::exchange(x.waiting, {}))
    if (x.known.versions.empty())
      promise.deliver(otherwise);
    else
      promise.deliver(current(x));
  if (!x.known.versions.empty())
    start_probe(service, x);
  update_pin(service, x);
  if (is_useless(x))
    drop(service);
  bound_cache();
}

void registry_front::change_was_read(service_entry& x) {
  if (x.change == own_change::being_read)
    x.change = own_change::none;
}

void registry_front::pushed(uint64_t probe_number, snapshot& what) {
  auto x = cache_.find(what.service);
  if (!x || x->probe_number != probe_number)
    return;
  if (what.stale_for) {
    backend_is_away(now() - *what.stale_for);
    // Old news are better than none, and never better than what is known.
    if (x->known.versions.empty() && !what.versions.empty()) {
      x->known.versions = std::move(what.versions);
      inform(*x);
    }
    return;
  }
  backend_answered();
  ++x->pushes;
  learn(*x, std::move(what.versions));
  if (is_useless(*x))
    drop(what.service);
}

void registry_front::learn(service_entry& x, std::vector<service_record>&& versions) {
  auto time = now();
  auto lost = versions.empty() && !x.known.versions.empty();
  if (lost && keep_until_ && time < *keep_until_) {
    x.confirmed = time;
    if (!x.kept_since) {
      x.kept_since = was_away_since_;
      inform(x);
    }
    return;
  }
  auto is_news = !x.confirmed || x.kept_since || versions != x.known.versions;
  x.confirmed = time;
  x.kept_since.reset();
  if (!is_news)
    return;
  x.known.versions = std::move(versions);
  inform(x);
}

void registry_front::inform(service_entry& x) {
  x.told = true;
  if (x.watchers.empty())
    return;
  // One message for all: a snapshot may be large.
  auto news = caf::make_message(current(x));
  for (const auto& watcher : x.watchers)
    watcher->enqueue(ctrl(), caf::make_message_id(), news, context());
}

void registry_front::start_probe(const std::string& service, service_entry& x) {
  if (x.probe || backend_is_dead_)
    return;
  x.probe_number = ++last_probe_;
  x.probe = spawn(probe, caf::actor_cast<front_actor>(ctrl()), x.probe_number);
  send(backend_, watch_atom::value, service, x.probe);
}

void registry_front::stop_probe(service_entry& x) {
  if (!x.probe)
    return;
  caf::anon_send_exit(x.probe, caf::exit_reason::user_shutdown);
  x.probe = nullptr;
  x.probe_number = 0;
}

// Nothing is known, nobody waits: what is not found is not cached.
bool registry_front::is_useless(const service_entry& x) {
  return x.known.versions.empty() && x.watchers.empty() && !x.asking;
}

void registry_front::update_pin(const std::string& service, const service_entry& x) {
  cache_.pin(service, x.asking || !x.watchers.empty());
}

void registry_front::drop(const std::string& service) {
  if (auto x = cache_.find(service))
    stop_probe(*x);
  cache_.erase(service);
}

void registry_front::bound_cache() {
  while (cache_.size() > options_.cached_services && cache_.oldest())
    drop(std::string{*cache_.oldest()});
}

void registry_front::sweep() {
  auto time = now();
  sweep_at_ =
      time + std::max<time_point::duration>(options_.cache_ttl / 4, shortest_sweep);
  // What is forgotten now could not be asked for again.
  if (away_since_)
    return;
  for (auto oldest = cache_.oldest(); oldest; oldest = cache_.oldest()) {
    if (cache_.find(*oldest)->used + options_.cache_ttl > time)
      break;
    drop(std::string{*oldest});
  }
  cache_.for_each([&](const std::string& service, service_entry& x) {
    if (!x.watchers.empty()
        && (!x.confirmed || time - *x.confirmed >= options_.cache_ttl))
      ask(service, x);
  });
}

void registry_front::try_backend() {
  // One question is enough to see whether it is back; rather one that matters.
  service_entry* about = nullptr;
  const std::string* service = nullptr;
  cache_.for_each([&](const std::string& key, service_entry& x) {
    if (!about || (about->watchers.empty() && !x.watchers.empty())) {
      about = &x;
      service = &key;
    }
  });
  if (about)
    ask(*service, *about);
}

} // namespace mica::discovery
