#include "gossip/core.hpp"

#include <algorithm>

// How one part of the core learns what another one did.

namespace mica::discovery::gossip {

void core::carry_out(swim_outcome& from, moment at, outcome& out) {
  std::move(from.packets.begin(), from.packets.end(), std::back_inserter(out.packets));
  catalog_outcome told;
  for (auto& x : from.received)
    catalog_.receive(x, at, told);
  for (auto& x : from.events) {
    switch (x.what) {
      case member_event::kind::joined:
        catalog_.welcome_member(x.name);
        break;
      case member_event::kind::left:
        catalog_.drop_member(x.name, at, told);
        break;
      case member_event::kind::died:
        somebody_died_ = true;
        // Who is alone can't tell the death of others from its own isolation.
        if (membership_.others() > 0)
          catalog_.drop_member(x.name, at, told);
        break;
      case member_event::kind::we_died:
        catalog_.announce(at, told);
        break;
      case member_event::kind::updated:
        break;
    }
    out.members.push_back(std::move(x));
  }
  carry_out(told, out);
  for (auto& x : from.streams) {
    if (x.what == stream_wish::kind::probe)
      open({stream_purpose::kind::probe, x.to, x.seq, 0},
           write(ping{x.seq, x.node, {}}), x.deadline, at, out);
    else
      open({stream_purpose::kind::state_exchange, x.to, 0, 0},
           write(local_state(false, at)), x.deadline, at, out);
  }
  look_around(at, out);
}

void core::look_around(moment at, outcome& out) {
  auto others = membership_.others();
  auto alone = others == 0 && somebody_died_;
  if (others > 0)
    somebody_died_ = false;
  if (alone == alone_since_.has_value())
    return;
  alone_since_ = alone ? std::optional{at.now} : std::nullopt;
  out.changed.merge(catalog_.foreign_services());
}

void core::carry_out(catalog_outcome& from, outcome& out) {
  out.changed.merge(from.changed);
  for (auto& x : from.to_tell)
    tell(x);
}

void core::tell(news& x) {
  auto& limits = membership_.options().wire.limits;
  auto& own = membership_.options().name;
  // Older news about the same nodes.
  if (auto old = larges_.extract(x.name))
    larges_waiting_ -= old.mapped().members.size();
  if (membership_.fits(x.bytes)) {
    // Go Micro's members pass nothing on, so those are told by us.
    for (auto& [name, member] : membership_.members().all())
      if (x.own && name != own && !member.gone() && member.meta != mica_meta
          && directs_.size() < limits.directs)
        directs_.emplace_back(name, x.bytes);
    membership_.broadcast(x.name, std::move(x.bytes));
    return;
  }
  if (!x.own)
    return;
  auto& waiting = larges_[x.name];
  waiting.bytes = std::move(x.bytes);
  for (auto& [name, member] : membership_.members().all())
    if (name != own && !member.gone() && larges_waiting_ < limits.larges)
      larges_waiting_ += waiting.members.insert(name).second ? 1 : 0;
}

void core::send_larges(moment at, outcome& out) {
  while (!larges_.empty() && streams_.free()) {
    auto& [name, waiting] = *larges_.begin();
    if (waiting.members.empty()) {
      larges_.erase(larges_.begin());
      continue;
    }
    auto next = waiting.members.extract(waiting.members.begin());
    --larges_waiting_;
    auto to = membership_.members().find(next.value());
    if (to && !to->gone())
      open({stream_purpose::kind::user, to->at(), 0, 0},
           write_stream_user(waiting.bytes), at.now + stream_time, at, out);
  }
}

void core::send_directly(outcome& out) {
  swim_outcome sent;
  auto left = membership_.options().wire.limits.direct_per_round;
  for (; left > 0 && !directs_.empty(); --left) {
    auto& [name, bytes] = directs_.front();
    auto to = membership_.members().find(name);
    if (to && !to->gone())
      membership_.send(*to, bytes, sent);
    directs_.pop_front();
  }
  std::move(sent.packets.begin(), sent.packets.end(), std::back_inserter(out.packets));
}

void core::carry_out(std::vector<stream_event>& events, moment at, outcome& out) {
  for (auto& x : events) {
    if (x.purpose)
      take_answer(x, at, out);
    else if (x.result)
      take_question(x, at, out);
  }
}

void core::merge(const push_pull& x, moment at, outcome& out, mica::error& failed) {
  swim_outcome step;
  auto merged = membership_.merge(x.nodes, at.now, step);
  carry_out(step, at, out);
  if (!merged) {
    failed = std::move(merged.error());
    return;
  }
  if (x.user.empty())
    return;
  catalog_outcome told;
  catalog_.merge(x.user, at, told);
  carry_out(told, out);
}

void core::take_answer(stream_event& x, moment at, outcome& out) {
  mica::error failed;
  if (!x.result) {
    failed = std::move(x.result.error());
  } else if (auto state = std::get_if<push_pull>(&*x.result)) {
    merge(*state, at, out, failed);
  } else if (auto answered = std::get_if<ack>(&*x.result)) {
    if (answered->seq == x.purpose->seq)
      membership_.stream_answered(answered->seq);
  } else if (auto refusal = std::get_if<failure>(&*x.result)) {
    failed = {errc::connection_failed, "it refuses: " + refusal->text};
  }
  if (x.purpose->what != stream_purpose::kind::join)
    return;
  if (failed)
    joiner_.failed(x.purpose->seed, failed.detail, at.now);
  else
    joiner_.succeeded(x.purpose->seed, at.now);
}

void core::take_question(stream_event& x, moment at, outcome& out) {
  if (auto state = std::get_if<push_pull>(&*x.result)) {
    streams_.answer(x.id, write(local_state(state->join, at)), at.now, out.streams);
    mica::error ignored;
    merge(*state, at, out, ignored);
    return;
  }
  if (auto asked = std::get_if<ping>(&*x.result);
      asked && (asked->node.empty() || asked->node == membership_.options().name))
    return streams_.answer(x.id, write(ack{asked->seq}), at.now, out.streams);
  if (auto said = std::get_if<user>(&*x.result)) {
    catalog_outcome told;
    catalog_.receive(said->bytes, at, told);
    carry_out(told, out);
  }
  streams_.close(x.id, out.streams);
}

} // namespace mica::discovery::gossip
