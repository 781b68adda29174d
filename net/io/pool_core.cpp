#include "io/pool_core.hpp"

#include <caf/io/middleman.hpp>

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

// Deadlines closer together than this are looked at together.
constexpr auto sweep_granularity = std::chrono::milliseconds{5};

} // namespace

pool::~pool() {
  // nop
}

pool_core::pool_core(caf::actor_system& system, pool_options options)
  : system_(system),
    options_(std::move(options)),
    inbox_(std::make_shared<lane_inbox>(system.middleman().backend())) {
  if (!options_.sockets)
    options_.sockets = native_sockets();
}

void pool_core::use(helpers what) {
  helpers_ = std::move(what);
  auto time = now();
  // What came before.
  if (armed_ != time_point::max())
    arm(std::exchange(armed_, time_point::max()), time);
  std::vector<destination*> all;
  for (auto& [to, where] : destinations_)
    all.push_back(where.get());
  call_book::telling scope{book_};
  for (auto* where : all)
    serve_waiting(*where, time);
}

time_point pool_core::now() const {
  return system_.clock().now();
}

// -- calls ----------------------------------------------------------------------

uint64_t pool_core::exchange(const target& to, http_request&& request,
                             time_point deadline, done then) {
  auto added = book_.add(arriving_, std::move(request), deadline);
  auto number = added->number;
  added->then = std::move(then);
  begin(to, added);
  return number;
}

uint64_t pool_core::open(const target& to, http_request&& head, time_point deadline,
                         std::unique_ptr<response_receiver> receiver) {
  auto added = book_.add(arriving_, std::move(head), deadline);
  auto number = added->number;
  added->receiver = std::move(receiver);
  begin(to, added);
  return number;
}

void pool_core::cancel(uint64_t number) {
  const auto* found = book_.find(number);
  if (found == nullptr)
    return;
  auto which = *found;
  if (which->carrier != nullptr)
    which->carrier->cancel(which);
  else
    book_.drop(which->where->waiting, which);
}

void pool_core::refuse(call_ref what, error why) {
  book_.finish(arriving_, what, std::move(why));
}

void pool_core::begin(const target& to, call_ref what) {
  auto time = now();
  if (draining_)
    return refuse(what, {errc::unavailable, "the connection pool is shutting down"});
  if (what->deadline <= time)
    return refuse(what,
                  {errc::timeout,
                   "the call's deadline passed before it was sent to " + to.address});
  auto streams = what->receiver != nullptr && to.version == http_version::http1;
  error why;
  auto* where = find(to, streams, why);
  if (where == nullptr)
    return refuse(what, std::move(why));
  arm(what->deadline, time);
  what->where = where;
  // A path is no host (RFC 3986, 3.2.2); servers know this one.
  if (is_unix_address(to.address)
      && what->request.fields.get_or("Host", "") == to.address)
    what->request.fields.set("Host", "localhost");
  if (where->waiting.empty()) {
    if (auto* connection = choose(*where, time))
      return connection->start(arriving_, what);
  }
  if (where->waiting.size() >= options_.limits.waiting_per_address)
    refuse(what,
           {errc::overloaded, std::to_string(where->waiting.size())
                                  + " calls wait for a connection to " + to.address
                                  + " (pool_limits::waiting_per_address)"});
  else
    where->waiting.splice(where->waiting.end(), arriving_, what);
  serve_waiting(*where, time);
  forget_if_unused(*where);
}

destination* pool_core::find(const target& to, bool streams, error& why) {
  if (recent_ != nullptr && recent_->to == to && recent_->streams == streams)
    return recent_;
  const destination_key key{to, streams};
  auto i = destinations_.find(key);
  if (i == destinations_.end()) {
    auto added = make_destination(key);
    if (!added) {
      why = std::move(added.error());
      return nullptr;
    }
    i = destinations_.emplace(key, std::move(*added)).first;
  }
  recent_ = i->second.get();
  return recent_;
}

client_connection* pool_core::choose(destination& where, time_point now) {
  if (where.to.version != http_version::http2)
    return choose_idle(where, now);
  for (auto* x : where.shared)
    if (x->capacity(now) > 0)
      return x;
  return nullptr;
}

client_connection* pool_core::choose_idle(destination& where, time_point now) {
  while (!where.idle.empty()) {
    auto* connection = where.idle.back();
    where.idle.pop_back();
    if (now - connection->made < options_.limits.ttl && connection->capacity(now) > 0)
      return connection;
    connection->shut_down({});
  }
  return nullptr;
}

void pool_core::serve_waiting(destination& where, time_point now) {
  while (!where.waiting.empty()) {
    if (auto* connection = choose(where, now)) {
      connection->start(where.waiting, where.waiting.begin());
      continue;
    }
    if (!may_dial(where))
      return;
    auto addresses = addresses_of(where, now);
    if (!addresses)
      return;
    dial(where, std::move(*addresses), now);
  }
}

bool pool_core::may_dial(const destination& where) const {
  if (where.to.version != http_version::http2)
    return where.open < options_.limits.connections_per_address;
  size_t usable = 0;
  for (const auto* x : where.shared) {
    if (x->closing())
      continue;
    if (!x->known())
      return false;
    ++usable;
  }
  return usable < options_.limits.http2_connections_per_address;
}

void pool_core::fail_waiting(destination& where, const error& why) {
  // Not what they call while they are told.
  auto count = where.waiting.size();
  for (; count > 0 && !where.waiting.empty(); --count)
    book_.finish(where.waiting, where.waiting.begin(), why);
}

// -- connections ----------------------------------------------------------------

void pool_core::on_ready(client_connection& which) {
  auto& where = *which.place;
  auto time = now();
  if (where.to.version == http_version::http2) {
    if (which.closing() && !which.was_used())
      return on_useless(where);
    if (!where.waiting.empty())
      serve_waiting(where, time);
    if (draining_)
      which.drain();
    return;
  }
  if (time - which.made >= options_.limits.ttl)
    return which.shut_down({});
  if (!where.waiting.empty())
    return which.start(where.waiting, where.waiting.begin());
  if (draining_ || where.idle.size() >= options_.limits.idle_per_address)
    return which.shut_down({});
  where.idle.push_back(&which);
}

void pool_core::on_failed(client_connection& which, const error& why) {
  auto& where = *which.place;
  if (where.to.version == http_version::http2 && !has_hope(where))
    fail_waiting(where, why);
}

// What failed is not the only connection.
bool pool_core::has_hope(const destination& where) {
  return std::any_of(where.shared.begin(), where.shared.end(),
                     [](const auto* x) { return !x->closing(); });
}

// Else a server that takes connections and no calls would be dialled without end.
void pool_core::on_useless(destination& where) {
  if (!where.waiting.empty() && !has_hope(where))
    fail_waiting(where, {errc::connection_failed,
                         "no connection to " + where.to.address
                             + ": the server ended it before it took a call"});
}

void pool_core::on_ended(client_connection& which) {
  auto& where = *which.place;
  (which.previous != nullptr ? which.previous->next : first_) = which.next;
  if (which.next != nullptr)
    which.next->previous = which.previous;
  std::erase(where.idle, &which);
  std::erase(where.shared, &which);
  --where.open;
  if (where.to.version == http_version::http2 && !which.was_used())
    on_useless(where);
  serve_waiting(where, now());
  forget_if_unused(where);
}

void pool_core::on_due(time_point when) {
  arm(when, now());
}

// -- destinations ---------------------------------------------------------------

void pool_core::forget_if_unused(destination& where) {
  // Further out, somebody may be at work on it.
  if (where.open > 0 || where.resolving || !where.waiting.empty() || book_.is_telling())
    return;
  if (recent_ == &where)
    recent_ = nullptr;
  destinations_.erase(destination_key{where.to, where.streams});
  if (draining_ && destinations_.empty() && helpers_.on_drained)
    helpers_.on_drained();
}

void pool_core::forget_unused() {
  std::vector<destination*> all;
  for (auto& [to, where] : destinations_)
    all.push_back(where.get());
  for (auto* where : all)
    forget_if_unused(*where);
}

// -- time -----------------------------------------------------------------------

void pool_core::arm(time_point when, time_point now) {
  when = std::max(when, swept_ + sweep_granularity);
  if (when >= armed_ || when == time_point::max())
    return;
  armed_ = when;
  if (helpers_.on_sweep_wanted)
    helpers_.on_sweep_wanted(when, now);
}

void pool_core::sweep(time_point planned, time_point now) {
  // An earlier one was asked for since.
  if (planned != armed_)
    return;
  armed_ = time_point::max();
  swept_ = now;
  auto next = time_point::max();
  std::vector<uint64_t> expired;
  for (auto* i = first_; i != nullptr; i = i->next)
    i->find_expired(now, expired, next);
  for (auto& [to, where] : destinations_)
    for (const auto& x : where->waiting)
      if (x.deadline <= now)
        expired.push_back(x.number);
      else
        next = std::min(next, x.deadline);
  for (auto number : expired)
    time_out(number);
  for (auto* i = first_; i != nullptr; i = i->next) {
    if (i->due <= now)
      i->expire(now);
    next = std::min(next, i->due);
  }
  forget_unused();
  arm(next, now);
}

void pool_core::time_out(uint64_t number) {
  // A call that was told before may have ended this one.
  const auto* found = book_.find(number);
  if (found == nullptr)
    return;
  auto which = *found;
  if (which->carrier != nullptr)
    return which->carrier->time_out(which);
  book_.finish(which->where->waiting, which,
               error{errc::timeout, "no connection to " + which->where->to.address
                                        + " became free before the call's deadline"});
}

// -- the end --------------------------------------------------------------------

void pool_core::drain() {
  draining_ = true;
  for (auto* i = first_; i != nullptr; i = i->next)
    i->drain();
  forget_unused();
  if (destinations_.empty() && helpers_.on_drained)
    helpers_.on_drained();
}

void pool_core::shut_down() {
  draining_ = true;
  helpers_ = {};
  const error why{errc::unavailable, "the connection pool was shut down"};
  {
    call_book::telling scope{book_};
    for (auto& [to, where] : destinations_) {
      where->idle.clear();
      fail_waiting(*where, why);
    }
  }
  for (auto* i = first_; i != nullptr; i = i->next)
    i->shut_down(why);
}

} // namespace mica::net
