#include "registry/front.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "records/validate.hpp"

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>

#include <algorithm>
#include <utility>

namespace mica::discovery {

namespace {

// Between two tries at a backend that is away.
constexpr auto longest_retry = std::chrono::seconds{10};

// Is it the backend's fault rather than the request's?
bool is_away(errc reason) {
  switch (reason) {
    case errc::unavailable:
    case errc::timeout:
    case errc::connection_failed:
    case errc::connection_lost:
    case errc::overloaded:
    case errc::none_available:
      return true;
    default:
      return false;
  }
}

} // namespace

registry_front::registry_front(caf::actor_config& cfg, registry_actor backend,
                               registry_options options)
  : at_home(cfg),
    backend_(std::move(backend)),
    options_(options),
    leases_(options.register_interval),
    last_contact_(clock().now()),
    sweep_at_(last_contact_) {
  // nop
}

front_actor::behavior_type registry_front::make_behavior() {
  net::init_actor(this);
  set_down_handler([this](caf::down_msg& dm) {
    if (dm.source == backend_.address())
      backend_ended();
    else
      forget_watcher(dm.source);
  });
  monitor(backend_);
  return {
      [this](lookup_atom, const std::string& service) { return look_up(service); },
      [this](push_atom, uint64_t probe, snapshot& what) { pushed(probe, what); },
      [this](watch_atom, const std::string& service, watcher_actor& watcher) {
        watch(service, watcher);
      },
      [this](register_atom, service_record& record, caf::timespan ttl) {
        return put(record, ttl);
      },
      [this](deregister_atom, service_record& record) { return remove(record); },
      [this](list_atom) {
        return pass_on<std::vector<service_record>>(list_atom::value);
      },
      [this](name_atom) { return pass_on<std::string>(name_atom::value); },
      [this](tick_atom) { on_tick(); },
  };
}

void registry_front::on_exit() {
  auto ended = to_caf({errc::unavailable, "the registry was shut down"});
  cache_.for_each([&](const std::string&, service_entry& x) {
    stop_probe(x);
    for (auto& promise : x.waiting)
      promise.deliver(ended);
  });
  cache_.clear();
  leases_ = lease_book{std::chrono::nanoseconds{0}};
  // A shared backend would keep 1 kB for every front that ever was.
  demonitor(backend_.address());
  backend_ = nullptr;
}

template <class T, class... Ts>
caf::typed_response_promise<T> registry_front::pass_on(Ts&&... xs) {
  auto promise = make_response_promise<T>();
  request(backend_, backend_patience, std::forward<Ts>(xs)...)
      .then(
          [this, promise](T& x) mutable {
            backend_answered();
            promise.deliver(std::move(x));
          },
          [this, promise](caf::error& why) mutable {
            backend_failed(why);
            promise.deliver(explain(why));
          });
  return promise;
}

caf::result<caf::ok_atom> registry_front::put(service_record& record,
                                              caf::timespan ttl) {
  if (auto wrong = validate(record, ttl))
    return to_caf(std::move(wrong));
  auto promise = make_response_promise<caf::ok_atom>();
  auto service = record.name;
  auto id = leases_.hold({record, ttl});
  request(backend_, backend_patience, register_atom::value, std::move(record), ttl)
      .then(
          [this, promise, service, id](caf::ok_atom ok) mutable {
            backend_answered();
            leases_.succeeded(id, now(), random());
            changed_by_us(service);
            start_timer();
            promise.deliver(ok);
          },
          [this, promise, id](caf::error& why) mutable {
            if (is_away(from_caf(why).reason))
              leases_.failed(id, now(), random());
            else
              leases_.give_up(id);
            backend_failed(why);
            start_timer();
            promise.deliver(explain(why));
          });
  return promise;
}

caf::result<caf::ok_atom> registry_front::remove(service_record& record) {
  leases_.release(record);
  auto promise = make_response_promise<caf::ok_atom>();
  auto service = record.name;
  request(backend_, backend_patience, deregister_atom::value, std::move(record))
      .then(
          [this, promise, service](caf::ok_atom ok) mutable {
            backend_answered();
            changed_by_us(service);
            promise.deliver(ok);
          },
          [this, promise](caf::error& why) mutable {
            backend_failed(why);
            promise.deliver(explain(why));
          });
  return promise;
}

void registry_front::renew() {
  for (auto& [id, x] : leases_.take_due(now()))
    request(backend_, backend_patience, register_atom::value, std::move(x.record),
            x.ttl)
        .then(
            [this, id = id](caf::ok_atom) {
              backend_answered();
              leases_.succeeded(id, now(), random());
              start_timer();
            },
            [this, id = id](caf::error& why) {
              leases_.failed(id, now(), random());
              backend_failed(why);
              start_timer();
            });
}

void registry_front::changed_by_us(const std::string& service) {
  if (auto x = cache_.find(service))
    x->change = own_change::unseen;
}

void registry_front::backend_answered() {
  last_contact_ = now();
  if (!away_since_)
    return;
  was_away_since_ = *away_since_;
  away_since_.reset();
  try_at_.reset();
  failed_tries_ = 0;
  // It may have lost everything. Services come back as they renew, so give them the
  // time of one renewal before believing that they are gone.
  keep_until_ =
      last_contact_ + options_.register_interval + options_.register_interval / 10;
  leases_.hurry(last_contact_);
  cache_.for_each([&](const std::string& service, service_entry& x) {
    if (x.watchers.empty())
      return;
    if (x.confirmed)
      inform(x);
    else
      ask(service, x);
  });
  start_timer();
}

void registry_front::backend_failed(const caf::error& why) {
  if (is_away(from_caf(why).reason))
    backend_is_away(last_contact_);
  else
    // It refused, so it is there.
    backend_answered();
}

void registry_front::backend_is_away(time_point since) {
  if (away_since_)
    return;
  away_since_ = since;
  failed_tries_ = 0;
  cache_.for_each([&](const std::string&, service_entry& x) { inform(x); });
  if (!backend_is_dead_)
    try_at_ = now() + back_off(++failed_tries_, longest_retry, random());
  start_timer();
}

void registry_front::backend_ended() {
  backend_is_dead_ = true;
  try_at_.reset();
  backend_is_away(last_contact_);
}

caf::error registry_front::explain(const caf::error& why) const {
  auto what = from_caf(why);
  if (why.category() == caf::atom("mica"))
    return why;
  return to_caf({errc::unavailable, "the registry does not answer: " + what.detail});
}

double registry_front::random() {
  return std::uniform_real_distribution<double>{0, 1}(random_);
}

void registry_front::on_tick() {
  timer_.reset();
  auto time = now();
  renew();
  if (sweep_at_ <= time)
    sweep();
  if (keep_until_ && *keep_until_ <= time) {
    keep_until_.reset();
    cache_.for_each([&](const std::string& service, service_entry& x) {
      if (x.kept_since)
        ask(service, x);
    });
  }
  if (try_at_ && *try_at_ <= time) {
    try_at_ = time + back_off(++failed_tries_, longest_retry, random());
    try_backend();
  }
  start_timer();
}

void registry_front::start_timer() {
  auto next = leases_.next_due();
  auto consider = [&](std::optional<time_point> x) {
    if (x && (!next || *x < *next))
      next = x;
  };
  if (cache_.size() > 0)
    consider(sweep_at_);
  consider(try_at_);
  consider(keep_until_);
  if (!next || (timer_ && *timer_ <= *next))
    return;
  timer_ = next;
  auto left = std::max(caf::timespan{0}, caf::timespan{*next - now()});
  delayed_send(caf::actor_cast<front_actor>(ctrl()), left, tick_atom::value);
}

registry_actor spawn_registry(caf::actor_system& system, registry_actor backend,
                              registry_options options) {
  return system.spawn<registry_front>(std::move(backend), options);
}

} // namespace mica::discovery
