#include "gossip/membership.hpp"

#include <algorithm>
#include <iterator>

namespace mica::discovery::gossip {

namespace {

constexpr uint8_t first_with_checksums = 5;
/// Parts of a compound message are counted in a byte.
constexpr size_t most_parts = 255;
constexpr size_t most_farewells = 256;

} // namespace

std::vector<std::string> membership::take_broadcasts(size_t used, size_t count) {
  auto room = gossip::room(options_.wire);
  room -= std::min(room, used);
  auto limit = retransmit_limit(options_.retransmit, table_.size());
  auto result = member_news_.take(compound_overhead, room, limit, count);
  for (auto& x : result)
    room -= x.size() + compound_overhead;
  auto more = user_news_.take(compound_overhead, room, limit, count - result.size());
  std::move(more.begin(), more.end(), std::back_inserter(result));
  return result;
}

// To members, news ride along; strangers get an answer and no more, lest small forged
// questions lead large answers to others.
void membership::send_plain(const host_port& to, const std::string& bytes,
                            const std::string& name, swim_outcome& out) {
  std::vector<std::string> all{bytes};
  auto known = table_.find(name);
  if (known && known->at() == to) {
    auto news = take_broadcasts(bytes.size() + compound_overhead, most_parts - 1);
    std::move(news.begin(), news.end(), std::back_inserter(all));
  }
  if (auto packed = pack(all, false, options_.wire))
    out.packets.push_back({to, std::move(*packed)});
}

void membership::send_all(const member& to, const std::vector<std::string>& messages,
                          swim_outcome& out) {
  auto checksum = to.vsn[1] >= first_with_checksums;
  if (auto packed = pack(messages, checksum, options_.wire))
    out.packets.push_back({to.at(), std::move(*packed)});
}

void membership::send(const member& to, const std::string& bytes, swim_outcome& out) {
  send_all(to, {write(user{bytes})}, out);
}

bool membership::fits(const std::string& bytes) const {
  return bytes.size() + 1 + compound_overhead <= room(options_.wire);
}

void membership::broadcast(const std::string& name, std::string bytes) {
  user_news_.add(name, write(user{std::move(bytes)}));
}

void membership::gossip(time_point now, swim_outcome& out) {
  auto chosen = table_.pick(options_.gossip_nodes, [&](const member& x) {
    if (ours(x.name) || x.state == member_state::left)
      return false;
    return x.state != member_state::dead
           || now - x.changed <= options_.gossip_to_the_dead;
  });
  for (auto x : chosen) {
    auto news = take_broadcasts(0, most_parts);
    if (news.empty())
      return;
    send_all(*x, news, out);
  }
}

void membership::start_push_pull(time_point now, swim_outcome& out) {
  next_push_pull_ = now + push_pull_interval(options_.push_pull, table_.size());
  auto chosen = table_.pick(1, [&](const member& x) {
    return !ours(x.name) && x.state == member_state::alive;
  });
  for (auto x : chosen)
    out.streams.push_back(
        {stream_wish::kind::state_exchange, x->at(), x->name, 0, now + stream_time});
}

push_pull membership::local_state(bool join) const {
  push_pull result;
  result.join = join;
  for (auto& [name, x] : table_.all())
    result.nodes.push_back(
        {name, x.addr, x.port, x.meta, x.incarnation, x.state, x.vsn});
  return result;
}

void membership::leave(const std::vector<std::string>& last_words, swim_outcome& out) {
  auto& me = self();
  leaving_ = true;
  me.state = member_state::left;
  std::vector<std::string> messages{write(dead{me.incarnation, me.name, me.name})};
  size_t used = messages.front().size() + compound_overhead;
  std::vector<std::vector<std::string>> batches;
  for (auto& x : last_words) {
    auto next = write(user{x});
    auto size = next.size() + compound_overhead;
    if (used + size > room(options_.wire) || messages.size() == most_parts) {
      batches.push_back(std::move(messages));
      messages.clear();
      used = 0;
    }
    used += size;
    messages.push_back(std::move(next));
  }
  batches.push_back(std::move(messages));
  auto chosen = table_.pick(
      most_farewells, [&](const member& x) { return !ours(x.name) && !x.gone(); });
  for (auto x : chosen)
    for (auto& batch : batches)
      send_all(*x, batch, out);
}

} // namespace mica::discovery::gossip
