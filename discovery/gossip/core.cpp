#include "gossip/core.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

namespace {

constexpr milliseconds direct_pause{50};

mica::error wrong(std::string text) {
  return {errc::invalid_argument, "gossip: " + std::move(text)};
}

mica::error check(const swim_options& x) {
  if (x.name.empty() || x.name.size() > x.wire.limits.name_bytes)
    return wrong("a member's name has 1 to " + std::to_string(x.wire.limits.name_bytes)
                 + " bytes");
  if (x.advertise.port == 0 || x.advertise.host.unspecified())
    return wrong("the address to advertise, " + to_string(x.advertise)
                 + ", is none that others can reach");
  auto positive = x.probe_interval.count() > 0 && x.probe_timeout.count() > 0
                  && x.gossip_interval.count() > 0 && x.push_pull.count() >= 0;
  if (!positive)
    return wrong("intervals must be above 0 ms");
  if (x.probe_timeout > x.probe_interval)
    return wrong("the probe timeout must not exceed the probe interval");
  return {};
}

} // namespace

expected<std::unique_ptr<core>> core::make(core_options options, moment at) {
  options.swim.meta = mica_meta;
  if (auto failed = check(options.swim))
    return failed;
  auto seeds = joiner::make(options.seeds, at.now);
  if (!seeds)
    return std::move(seeds.error());
  return std::unique_ptr<core>{new core{std::move(options), std::move(*seeds), at}};
}

core::core(core_options options, joiner seeds, moment at)
  : membership_(std::move(options.swim), at.now),
    catalog_(membership_.options().name, membership_.options().wire.limits),
    streams_(membership_.options().wire),
    joiner_(std::move(seeds)),
    next_direct_(at.now) {
  // nop
}

expected<void> core::add(const service_record& record, std::chrono::nanoseconds ttl,
                         moment at, outcome& out) {
  catalog_outcome told;
  auto done = catalog_.put(record, ttl, at, told);
  carry_out(told, out);
  if (done) {
    swim_outcome sent;
    membership_.gossip(at.now, sent);
    carry_out(sent, at, out);
    send_larges(at, out);
  }
  return done;
}

void core::remove(const service_record& record, moment at, outcome& out) {
  catalog_outcome told;
  catalog_.remove(record, at, told);
  carry_out(told, out);
  swim_outcome sent;
  membership_.gossip(at.now, sent);
  carry_out(sent, at, out);
}

void core::farewell(moment at, outcome& out) {
  swim_outcome sent;
  auto last_words = catalog_.farewell(at);
  // Too large ones are told by our death, and end with their lease.
  std::erase_if(last_words, [&](const std::string& x) { return !membership_.fits(x); });
  membership_.leave(last_words, sent);
  carry_out(sent, at, out);
}

snapshot core::current(const std::string& service, moment at) const {
  auto result = catalog_.current(service);
  if (alone_since_ && catalog_.has_foreign(service))
    result.stale_for = at.now - *alone_since_;
  return result;
}

mica::error core::doubt() const {
  if (membership_.others() > 0)
    return {};
  if (alone_since_)
    return {errc::unavailable,
            "gossip: all other members seem dead, or we are cut off"};
  if (auto trouble = joiner_.trouble(); !trouble.empty())
    return {errc::unavailable, "gossip: no seed can be joined: " + trouble};
  return {};
}

void core::receive(std::string_view datagram, const host_port& from, moment at,
                   outcome& out) {
  swim_outcome step;
  membership_.receive(datagram, from, at.now, step);
  carry_out(step, at, out);
}

void core::accepted(stream_id id, moment at, outcome& out) {
  streams_.accepted(id, at.now, out.streams);
}

void core::received(stream_id id, std::string_view bytes, moment at, outcome& out) {
  std::vector<stream_event> events;
  streams_.received(id, bytes, out.streams, events);
  carry_out(events, at, out);
  send_larges(at, out);
}

void core::ended(stream_id id, const mica::error& why, moment at, outcome& out) {
  std::vector<stream_event> events;
  streams_.ended(id, why, events);
  carry_out(events, at, out);
  send_larges(at, out);
}

void core::resolved(size_t seed, const std::vector<ip_address>& hosts,
                    const std::string& why, moment at, outcome& out) {
  joiner_.resolved(seed, hosts, why, at.now);
  join(at, out);
}

void core::join(moment at, outcome& out) {
  auto& own = membership_.options().advertise;
  auto limit = membership_.options().wire.limits.streams_out;
  auto most = limit - std::min(limit, streams_.outgoing());
  for (auto& x : joiner_.tick(membership_.members(), own, most, at.now)) {
    if (!x.name.empty()) {
      out.names.push_back({x.seed, x.name});
      continue;
    }
    open({stream_purpose::kind::join, x.to, 0, x.seed}, write(local_state(true, at)),
         at.now + stream_time, at, out);
  }
}

void core::tick(moment at, outcome& out) {
  std::vector<stream_event> events;
  streams_.tick(at.now, out.streams, events);
  carry_out(events, at, out);
  join(at, out);
  catalog_outcome told;
  catalog_.tick(at, told);
  carry_out(told, out);
  swim_outcome step;
  membership_.tick(at.now, step);
  carry_out(step, at, out);
  send_larges(at, out);
  if (at.now >= next_direct_) {
    next_direct_ = at.now + direct_pause;
    send_directly(out);
  }
}

time_point core::next() const {
  auto result = membership_.next();
  for (auto x : {catalog_.next(), streams_.next(), joiner_.next()})
    if (x)
      result = std::min(result, *x);
  if (!directs_.empty())
    result = std::min(result, next_direct_);
  return result;
}

push_pull core::local_state(bool join, moment at) const {
  auto result = membership_.local_state(join);
  result.user = catalog_.state(at);
  return result;
}

void core::open(stream_purpose purpose, std::string text, time_point deadline,
                moment at, outcome& out) {
  std::vector<stream_event> events;
  streams_.open(std::move(purpose), std::move(text), deadline, out.streams, events);
  carry_out(events, at, out);
}

} // namespace mica::discovery::gossip
