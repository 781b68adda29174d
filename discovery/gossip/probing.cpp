#include "gossip/membership.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

namespace {

constexpr uint8_t first_with_streams = 3;
constexpr uint8_t first_with_nacks = 4;

} // namespace

origin membership::own_origin() const {
  return {to_bytes(options_.advertise.host), options_.advertise.port, options_.name};
}

// A claimed origin is believed if it is a member's: answers must not be led to others.
host_port membership::reply_address(const origin& said, const host_port& from) const {
  auto known = table_.find(said.node);
  if (known && known->addr == said.addr && known->port == said.port)
    return known->at();
  return from;
}

void membership::take(const ping& x, const host_port& from, swim_outcome& out) {
  // Somebody else may have had our address before.
  if (!x.node.empty() && !ours(x.node))
    return;
  send_plain(reply_address(x.source, from), write(ack{x.seq}), x.source.node, out);
}

void membership::take(const indirect_ping& x, const host_port& from, time_point now,
                      swim_outcome& out) {
  auto target = to_ip(x.target);
  if (!target || target->unspecified() || x.port == 0
      || relays_.size() >= options_.wire.limits.relays)
    return;
  relay next;
  next.seq = ++last_seq_;
  next.asked_seq = x.seq;
  next.asker = reply_address(x.source, from);
  next.nack = x.nack;
  next.until = now + options_.probe_timeout;
  relays_.push_back(next);
  send_plain({*target, x.port, 0}, write(ping{next.seq, x.node, own_origin()}), x.node,
             out);
}

void membership::take(const ack& x, swim_outcome& out) {
  if (probe_ && probe_->seq == x.seq) {
    awareness_.add(-1);
    return end_probe();
  }
  auto found = std::find_if(relays_.begin(), relays_.end(),
                            [&](const relay& r) { return r.seq == x.seq; });
  if (found == relays_.end())
    return;
  send_plain(found->asker, write(ack{found->asked_seq}), {}, out);
  relays_.erase(found);
}

void membership::take(const nack& x) {
  if (probe_ && probe_->seq == x.seq)
    ++probe_->nacks;
}

void membership::end_relays(time_point now, swim_outcome& out) {
  while (!relays_.empty() && relays_.front().until <= now) {
    auto& x = relays_.front();
    if (x.nack)
      send_plain(x.asker, write(nack{x.asked_seq}), {}, out);
    relays_.pop_front();
  }
}

void membership::stream_answered(uint32_t seq) {
  if (probe_ && probe_->seq == seq)
    probe_->answered_by_stream = true;
}

void membership::end_probe() {
  probe_.reset();
}

void membership::start_probe(time_point now, swim_outcome& out) {
  member* target = nullptr;
  for (size_t looked = 0; looked <= table_.size() && !target;) {
    auto next = table_.next();
    if (!next) {
      table_.new_round(now - options_.gossip_to_the_dead);
      // An empty or dead cluster has nobody to probe.
      if (looked > 0)
        return;
      looked = 1;
    } else if (!ours(next->name) && !next->gone()) {
      target = next;
    }
  }
  if (!target)
    return;
  probe x;
  x.seq = ++last_seq_;
  x.node = target->name;
  x.incarnation = target->incarnation;
  x.until = now + awareness_.scale(options_.probe_interval);
  x.direct_until = std::min(now + options_.probe_timeout, x.until);
  auto question = write(ping{x.seq, x.node, own_origin()});
  // A suspect learns of it at once and can object.
  if (target->state == member_state::alive)
    send_plain(target->at(), question, target->name, out);
  else
    send_all(
        *target,
        {question, write(suspect{target->incarnation, target->name, options_.name})},
        out);
  probe_ = std::move(x);
}

void membership::probe_indirectly(swim_outcome& out) {
  probe_->indirect = true;
  auto target = table_.find(probe_->node);
  if (!target)
    return;
  auto helpers = table_.pick(options_.indirect_checks, [&](const member& x) {
    return !ours(x.name) && x.name != probe_->node && x.state == member_state::alive;
  });
  indirect_ping wish{probe_->seq,  target->addr, target->port,
                     target->name, false,        own_origin()};
  for (auto x : helpers) {
    wish.nack = x->vsn[1] >= first_with_nacks;
    probe_->nacks_expected += wish.nack ? 1 : 0;
    send_plain(x->at(), write(wish), x->name, out);
  }
  // Datagrams may be lost on the way where streams are not.
  if (options_.stream_probes && target->vsn[1] >= first_with_streams)
    out.streams.push_back({stream_wish::kind::probe, target->at(), target->name,
                           probe_->seq, probe_->until});
}

void membership::fail_probe(time_point now) {
  auto failed = std::move(*probe_);
  end_probe();
  if (failed.answered_by_stream)
    return awareness_.add(-1);
  // Helpers that say nothing at all are a sign that it is us.
  if (failed.nacks_expected > 0)
    awareness_.add(std::max(0, failed.nacks_expected - failed.nacks));
  else
    awareness_.add(1);
  take(suspect{failed.incarnation, failed.node, options_.name}, now);
}

void membership::continue_probe(time_point now, swim_outcome& out) {
  if (probe_ && !probe_->indirect && now >= probe_->direct_until)
    probe_indirectly(out);
  if (probe_ && now >= probe_->until)
    fail_probe(now);
  if (probe_ || now < next_probe_)
    return;
  // One beat that passed meanwhile is made up for, more are not.
  while (next_probe_ <= now)
    next_probe_ += options_.probe_interval;
  start_probe(now, out);
}

} // namespace mica::discovery::gossip
