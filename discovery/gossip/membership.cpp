#include "gossip/membership.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

namespace {

/// A random part of an interval, so that members do not step in time.
milliseconds part_of(milliseconds interval, std::mt19937& random) {
  if (interval.count() <= 0)
    return milliseconds{0};
  std::uniform_int_distribution<int64_t> choose{0, interval.count() - 1};
  return milliseconds{choose(random)};
}

bool known_versions(const versions& x) {
  return x[0] != 0 || x[1] != 0;
}

} // namespace

membership::membership(swim_options options, time_point now)
  : options_(std::move(options)),
    table_(options_.seed),
    awareness_(options_.awareness_levels),
    member_news_(options_.wire.limits.broadcasts),
    user_news_(options_.wire.limits.broadcasts) {
  auto& random = table_.random();
  last_seq_ = static_cast<uint32_t>(random());
  next_probe_ =
      now + options_.probe_interval + part_of(options_.probe_interval, random);
  next_gossip_ =
      now + options_.gossip_interval + part_of(options_.gossip_interval, random);
  next_push_pull_ = time_point::max();
  if (options_.push_pull.count() > 0)
    next_push_pull_ = now + options_.push_pull + part_of(options_.push_pull, random);
  auto& me = table_.add(options_.name);
  me.addr = to_bytes(options_.advertise.host);
  me.port = options_.advertise.port;
  me.meta = options_.meta;
  me.vsn = own_versions;
  me.incarnation = 1;
  me.state = member_state::alive;
  me.changed = now;
  member_news_.add(me.name, write(me.to_alive()));
}

void membership::receive(std::string_view datagram, const host_port& from,
                         time_point now, swim_outcome& out) {
  ++counters_.datagrams;
  auto opened = unpack(datagram, options_.wire);
  if (!opened) {
    ++(opened.error().reason == errc::permission_denied ? counters_.strangers
                                                        : counters_.broken);
    counters_.last_failure = opened.error().detail;
    return;
  }
  counters_.broken += opened->broken;
  if (opened->broken > 0)
    counters_.last_failure = opened->why.detail;
  for (auto& x : opened->messages) {
    if (auto asked = std::get_if<ping>(&x))
      take(*asked, from, out);
    else if (auto wanted = std::get_if<indirect_ping>(&x))
      take(*wanted, from, now, out);
    else if (auto answer = std::get_if<ack>(&x))
      take(*answer, out);
    else if (auto denial = std::get_if<nack>(&x))
      take(*denial);
    else if (auto doubted = std::get_if<suspect>(&x))
      take(*doubted, now);
    else if (auto living = std::get_if<alive>(&x))
      take(*living, now, out);
    else if (auto end = std::get_if<dead>(&x))
      take(*end, now, out);
    else if (auto said = std::get_if<user>(&x))
      out.received.push_back(std::move(said->bytes));
  }
}

void membership::tick(time_point now, swim_outcome& out) {
  end_relays(now, out);
  end_doubts(now, out);
  continue_probe(now, out);
  if (now >= next_gossip_) {
    gossip(now, out);
    while (next_gossip_ <= now)
      next_gossip_ += options_.gossip_interval;
  }
  if (now >= next_push_pull_)
    start_push_pull(now, out);
}

time_point membership::next() const {
  auto result = std::min(next_gossip_, next_push_pull_);
  if (!probe_)
    result = std::min(result, next_probe_);
  else
    result = std::min(result, probe_->indirect ? probe_->until : probe_->direct_until);
  if (!doubts_.empty())
    result = std::min(result, doubts_.begin()->first);
  if (!relays_.empty())
    result = std::min(result, relays_.front().until);
  return result;
}

size_t membership::others() const {
  auto& all = table_.all();
  auto living = std::count_if(all.begin(), all.end(),
                              [](const auto& x) { return !x.second.gone(); });
  return static_cast<size_t>(living) - (leaving_ ? 0 : 1);
}

bool membership::acceptable(const alive& x, const member* known, bool& moved) {
  if (known_versions(x.vsn) && (x.vsn[0] == 0 || x.vsn[1] == 0 || x.vsn[0] > x.vsn[1]))
    return false;
  if (!known)
    return table_.size() < options_.wire.limits.members;
  if (known->addr == x.addr && known->port == x.port)
    return true;
  // A name belongs to its address until its bearer left.
  moved = known->state == member_state::left;
  return moved;
}

void membership::take(const alive& x, time_point now, swim_outcome& out) {
  if (leaving_ && ours(x.node))
    return;
  auto known = table_.find(x.node);
  auto moved = false;
  if (!acceptable(x, known, moved)) {
    ++counters_.refused;
    return;
  }
  if (!known) {
    known = &table_.add(x.node);
    known->changed = now;
  } else if (ours(x.node)) {
    auto news = x.incarnation > known->incarnation
                || (x.incarnation == known->incarnation
                    && (x.meta != known->meta || x.vsn != known->vsn));
    if (news)
      refute(x.incarnation);
    return;
  } else if (x.incarnation <= known->incarnation && !moved) {
    return;
  }
  forget_doubt(*known);
  auto back = known->gone();
  auto changed = known->meta != x.meta;
  member_news_.add(x.node, write(x));
  if (known_versions(x.vsn))
    known->vsn = x.vsn;
  known->incarnation = x.incarnation;
  known->meta = x.meta;
  known->addr = x.addr;
  known->port = x.port;
  if (known->state != member_state::alive) {
    known->state = member_state::alive;
    known->changed = now;
  }
  if (back)
    out.events.push_back({member_event::kind::joined, x.node});
  else if (changed)
    out.events.push_back({member_event::kind::updated, x.node});
}

// Our word against theirs: a higher number wins.
void membership::refute(uint32_t accused) {
  auto& me = self();
  me.incarnation = std::max(me.incarnation, accused) + 1;
  awareness_.add(1);
  member_news_.add(me.name, write(me.to_alive()));
}

void membership::forget_doubt(member& x) {
  if (x.doubt)
    doubts_.erase({x.doubt->deadline(), x.name});
  x.doubt.reset();
}

void membership::doubt(member& x, const suspect& claim, time_point now) {
  // What a few independent accusers can do in time; none are expected in a cluster that
  // is too small to have them.
  auto wanted = options_.suspicion - 2;
  auto n = table_.size();
  if (static_cast<int>(n) - 2 < wanted)
    wanted = 0;
  auto least = suspicion_timeout(options_.suspicion, n, options_.probe_interval);
  x.doubt.emplace(claim.from, wanted, least, options_.suspicion_most * least, now);
  doubts_.emplace(x.doubt->deadline(), x.name);
}

void membership::take(const suspect& x, time_point now) {
  auto known = table_.find(x.node);
  if (!known || x.incarnation < known->incarnation)
    return;
  if (known->doubt) {
    auto before = known->doubt->deadline();
    if (!known->doubt->confirm(x.from))
      return;
    doubts_.erase({before, x.node});
    doubts_.emplace(known->doubt->deadline(), x.node);
    member_news_.add(x.node, write(x));
    return;
  }
  if (known->state != member_state::alive)
    return;
  if (ours(x.node))
    return refute(x.incarnation);
  member_news_.add(x.node, write(x));
  known->incarnation = x.incarnation;
  known->state = member_state::suspect;
  known->changed = now;
  doubt(*known, x, now);
}

void membership::take(const dead& x, time_point now, swim_outcome& out) {
  auto known = table_.find(x.node);
  if (!known || x.incarnation < known->incarnation)
    return;
  forget_doubt(*known);
  if (known->gone())
    return;
  if (ours(x.node)) {
    if (leaving_)
      return;
    refute(x.incarnation);
    out.events.push_back({member_event::kind::we_died, x.node});
    return;
  }
  member_news_.add(x.node, write(x));
  known->incarnation = x.incarnation;
  // memberlist v0.1 names nobody when it leaves.
  auto left = x.node == x.from || x.from.empty();
  known->state = left ? member_state::left : member_state::dead;
  known->changed = now;
  out.events.push_back(
      {left ? member_event::kind::left : member_event::kind::died, x.node});
}

void membership::end_doubts(time_point now, swim_outcome& out) {
  while (!doubts_.empty() && doubts_.begin()->first <= now) {
    auto name = doubts_.begin()->second;
    auto known = table_.find(name);
    take(dead{known->incarnation, name, options_.name}, now, out);
  }
}

expected<void> membership::check_versions(const std::vector<push_node>& others) const {
  uint8_t least = 0;
  uint8_t most = 255;
  auto narrow = [&](const versions& x) {
    least = std::max(least, x[0]);
    most = std::min(most, x[1]);
  };
  for (auto& x : others)
    if (x.state == member_state::alive && known_versions(x.vsn))
      narrow(x.vsn);
  narrow(own_versions);
  for (auto& x : others)
    if (x.state == member_state::alive && known_versions(x.vsn)
        && (x.vsn[2] < least || x.vsn[2] > most))
      return mica::error{errc::conflict,
                         "gossip: " + x.name + " speaks protocol "
                             + std::to_string(x.vsn[2]) + ", the others understand "
                             + std::to_string(least) + " to " + std::to_string(most)};
  return {};
}

expected<void> membership::merge(const std::vector<push_node>& others, time_point now,
                                 swim_outcome& out) {
  if (auto ok = check_versions(others); !ok)
    return ok;
  auto& limits = options_.wire.limits;
  for (auto& x : others) {
    auto ip = to_ip(x.addr);
    if (x.name.empty() || x.name.size() > limits.name_bytes
        || x.meta.size() > limits.meta_bytes || !ip || ip->unspecified()
        || x.port == 0) {
      ++counters_.refused;
      continue;
    }
    switch (x.state) {
      case member_state::alive:
        take(alive{x.incarnation, x.name, x.addr, x.port, x.meta, x.vsn}, now, out);
        break;
      case member_state::left:
        take(dead{x.incarnation, x.name, x.name}, now, out);
        break;
      default:
        // Whom others call dead we only suspect: it may still object.
        take(suspect{x.incarnation, x.name, options_.name}, now);
    }
  }
  return {};
}

} // namespace mica::discovery::gossip
