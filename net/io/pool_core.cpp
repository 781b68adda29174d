#include "io/pool_core.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

// Deadlines closer together than this are looked at together.
constexpr auto sweep_granularity = std::chrono::milliseconds{5};

// A connection that stood idle for less is not asked whether its peer left.
constexpr auto trusted_idle_time = std::chrono::milliseconds{20};

} // namespace

pool_core::pool_core(caf::actor_system& system, pool_options options)
  : system_(system),
    limits_(options.limits),
    http_(options.http),
    sockets_(options.sockets ? std::move(options.sockets) : native_sockets()) {
  // nop
}

void pool_core::use_resolver(std::unique_ptr<resolver> names) {
  resolver_ = std::move(names);
}

// -- exchanges ------------------------------------------------------------------

void pool_core::begin(const std::string& address, exchange&& what, time_point now) {
  if (draining_)
    return what.fail({errc::unavailable, "the connection pool is shutting down"});
  if (what.deadline <= now)
    return what.fail(
        {errc::timeout, "the call's deadline passed before it was sent to " + address});
  error why;
  auto* where = find(address, why);
  if (where == nullptr)
    return what.fail(std::move(why));
  arm(what.deadline, now);
  if (use_idle(*where, what, now))
    return;
  if (where->waiting.size() >= limits_.waiting_per_address)
    return what.fail({errc::overloaded, std::to_string(where->waiting.size())
                                            + " calls wait for a connection to "
                                            + address
                                            + " (pool_limits::waiting_per_address)"});
  where->waiting.push_back(std::move(what));
  serve_waiting(*where, now);
  forget_if_unused(*where);
}

pool_core::destination* pool_core::find(const std::string& address, error& why) {
  if (recent_ != nullptr && recent_->name == address)
    return recent_;
  auto i = destinations_.find(address);
  if (i == destinations_.end()) {
    auto parsed = parse_host_port(address);
    if (parsed && (parsed->host.empty() || parsed->port == 0))
      parsed = error{errc::invalid_argument,
                     "address \"" + address + "\": host and port must be given"};
    if (!parsed) {
      why = std::move(parsed.error());
      return nullptr;
    }
    auto added = std::make_unique<destination>();
    added->name = address;
    added->address = std::move(*parsed);
    added->numeric = is_numeric_host(added->address.host);
    i = destinations_.emplace(address, std::move(added)).first;
  }
  recent_ = i->second.get();
  return recent_;
}

bool pool_core::use_idle(destination& where, exchange& what, time_point now) {
  while (!where.idle.empty()) {
    auto* connection = where.idle.back();
    where.idle.pop_back();
    auto fresh = now - connection->idle_since < trusted_idle_time;
    if (now - connection->made < limits_.ttl && connection->usable(fresh)) {
      connection->start(std::move(what));
      return true;
    }
    connection->shut_down({});
  }
  return false;
}

void pool_core::serve_waiting(destination& where, time_point now) {
  while (!where.waiting.empty() && where.open < limits_.connections_per_address) {
    const auto& address = where.address;
    if (where.numeric) {
      connect(where, {where.name}, now);
      continue;
    }
    const auto* known = names_.find(address.host, now);
    if (known == nullptr) {
      if (where.resolving)
        return;
      where.resolving = resolver_ && resolver_->ask(address.host);
      if (!where.resolving)
        fail_waiting(where,
                     {errc::overloaded, "too many host names wait to be resolved; \""
                                            + address.host + "\" does not"});
      return;
    }
    if (!*known)
      return fail_waiting(where, known->error());
    std::vector<std::string> addresses;
    for (const auto& ip : **known)
      addresses.push_back(to_string({ip, address.port}));
    connect(where, std::move(addresses), now);
  }
}

void pool_core::connect(destination& where, std::vector<std::string> addresses,
                        time_point now) {
  auto next = std::move(where.waiting.front());
  where.waiting.pop_front();
  auto& added = client_connection::spawn(
      system_, {shared_from_this(), sockets_, http_, where.name, std::move(addresses)});
  added.place = &where;
  added.next = first_;
  if (first_ != nullptr)
    first_->previous = &added;
  first_ = &added;
  ++where.open;
  added.dial(std::move(next), now, now + limits_.dial_time);
  arm(added.due, now);
}

void pool_core::resolved(const std::string& host, name_cache::answer found,
                         time_point now) {
  names_.add(host, std::move(found), now);
  std::vector<destination*> ready;
  for (auto& [name, where] : destinations_)
    if (where->resolving && where->address.host == host)
      ready.push_back(where.get());
  for (auto* where : ready) {
    where->resolving = false;
    serve_waiting(*where, now);
    forget_if_unused(*where);
  }
}

void pool_core::fail_waiting(destination& where, const error& why) {
  for (auto& x : std::exchange(where.waiting, {}))
    x.fail(why);
}

// -- connections ----------------------------------------------------------------

void pool_core::on_idle(client_connection& which) {
  auto& where = *static_cast<destination*>(which.place);
  auto now = system_.clock().now();
  if (now - which.made >= limits_.ttl)
    return which.shut_down({});
  if (!where.waiting.empty()) {
    auto next = std::move(where.waiting.front());
    where.waiting.pop_front();
    return which.start(std::move(next));
  }
  if (draining_ || where.idle.size() >= limits_.idle_per_address)
    return which.shut_down({});
  which.idle_since = now;
  which.due = which.made + limits_.ttl;
  where.idle.push_back(&which);
  arm(which.due, now);
}

void pool_core::on_ended(client_connection& which) {
  auto& where = *static_cast<destination*>(which.place);
  (which.previous != nullptr ? which.previous->next : first_) = which.next;
  if (which.next != nullptr)
    which.next->previous = which.previous;
  auto i = std::find(where.idle.begin(), where.idle.end(), &which);
  if (i != where.idle.end())
    where.idle.erase(i);
  --where.open;
  serve_waiting(where, system_.clock().now());
  forget_if_unused(where);
  if (draining_ && destinations_.empty() && on_drained)
    on_drained();
}

void pool_core::forget_if_unused(destination& where) {
  if (where.open > 0 || where.resolving || !where.waiting.empty())
    return;
  if (recent_ == &where)
    recent_ = nullptr;
  destinations_.erase(std::string{where.name});
}

// -- time -----------------------------------------------------------------------

void pool_core::arm(time_point when, time_point now) {
  when = std::max(when, swept_ + sweep_granularity);
  if (when >= armed_ || !on_sweep_wanted)
    return;
  armed_ = when;
  on_sweep_wanted(when, now);
}

void pool_core::sweep(time_point planned, time_point now) {
  // An earlier one was asked for since.
  if (planned != armed_)
    return;
  armed_ = time_point::max();
  swept_ = now;
  auto next = time_point::max();
  for (auto* i = first_; i != nullptr; i = i->next) {
    if (i->due <= now)
      i->expire(now);
    next = std::min(next, i->due);
  }
  for (auto& [name, where] : destinations_) {
    auto expired = [now](const exchange& x) { return x.deadline <= now; };
    auto& xs = where->waiting;
    for (auto& x : xs)
      if (expired(x))
        x.fail({errc::timeout, "no connection to " + name
                                   + " became free before the call's deadline"});
      else
        next = std::min(next, x.deadline);
    xs.erase(std::remove_if(xs.begin(), xs.end(), expired), xs.end());
  }
  if (next != time_point::max())
    arm(next, now);
}

// -- the end --------------------------------------------------------------------

void pool_core::drain() {
  draining_ = true;
  for (auto& [name, where] : destinations_)
    for (auto* connection : std::exchange(where->idle, {}))
      connection->shut_down({});
  if (destinations_.empty() && on_drained)
    on_drained();
}

void pool_core::shut_down() {
  draining_ = true;
  resolver_ = nullptr;
  on_sweep_wanted = nullptr;
  on_drained = nullptr;
  const error why{errc::unavailable, "the connection pool was shut down"};
  for (auto& [name, where] : destinations_) {
    where->idle.clear();
    fail_waiting(*where, why);
  }
  for (auto* i = first_; i != nullptr; i = i->next)
    i->shut_down(why);
}

} // namespace mica::net
