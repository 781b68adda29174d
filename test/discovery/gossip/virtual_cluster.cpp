#include "virtual_cluster.hpp"

#include <algorithm>

namespace mica::test {

using namespace std::chrono_literals;

namespace {

constexpr auto wall_start = std::chrono::nanoseconds{1'700'000'000'000'000'000};

} // namespace

virtual_cluster::virtual_cluster(cluster_options options)
  : options_(std::move(options)),
    random_(options_.seed),
    start_(1h),
    now_(start_) {
  hosts_.resize(options_.size);
  for (size_t i = 0; i < hosts_.size(); ++i) {
    auto& ip = hosts_[i].address.host.bytes;
    ip[0] = 10;
    ip[2] = static_cast<uint8_t>(i / 250);
    ip[3] = static_cast<uint8_t>(1 + i % 250);
    hosts_[i].address.port = 7'946;
    at_time(start_ + static_cast<int>(i) * options_.stagger, [this, i] { start(i); });
  }
}

void virtual_cluster::start(size_t i) {
  auto& x = hosts_[i];
  ++x.life;
  x.name = "member-" + std::to_string(i);
  if (x.life > 1)
    x.name += '-' + std::to_string(x.life);
  gossip::core_options options;
  options.swim = options_.swim;
  options.swim.name = x.name;
  options.swim.advertise = x.address;
  options.swim.seed = static_cast<uint32_t>(random_());
  if (options_.join && i > 0)
    options.seeds = {to_string(hosts_[0].address)};
  auto made = gossip::core::make(std::move(options), moment());
  if (!made)
    throw std::runtime_error(made.error().detail);
  x.core = std::move(*made);
  x.tick = time_point::max();
  tick(i);
}

gossip::moment virtual_cluster::moment() const {
  return {now_, wall_start + (now_ - start_) + wall_shift};
}

std::chrono::milliseconds virtual_cluster::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - start_);
}

void virtual_cluster::at_time(time_point when, std::function<void()> what) {
  queue_.push({when, ++order_, std::move(what)});
}

std::chrono::microseconds virtual_cluster::some_delay() {
  auto d = options_.delay.count();
  return std::chrono::microseconds{
      std::uniform_int_distribution<int64_t>{d / 2, d + d / 2}(random_)};
}

std::optional<size_t> virtual_cluster::host_at(const gossip::host_port& x) const {
  auto& ip = x.host.bytes;
  size_t i = ip[2] * 250U + ip[3] - 1U;
  if (i >= hosts_.size() || !(hosts_[i].address == x))
    return std::nullopt;
  return i;
}

bool virtual_cluster::talks(size_t from, size_t to) const {
  return !reachable || reachable(from, to);
}

void virtual_cluster::tick(size_t i) {
  auto& x = hosts_[i];
  if (!x.core)
    return;
  gossip::outcome out;
  x.tick = time_point::max();
  x.core->tick(moment(), out);
  carry_out(i, out);
}

void virtual_cluster::carry_out(size_t i, gossip::outcome& out) {
  for (auto& x : out.packets)
    send(i, x);
  for (auto& x : out.streams)
    obey(i, x);
  for (auto& x : out.members)
    log.push_back({now(), i, x});
  auto& x = hosts_[i];
  if (!x.core)
    return;
  auto next = std::max(x.core->next(), now_);
  if (next >= x.tick)
    return;
  x.tick = next;
  at_time(next, [this, i, next, life = x.life] {
    if (hosts_[i].life == life && hosts_[i].tick == next)
      tick(i);
  });
}

void virtual_cluster::send(size_t from, const gossip::packet& x) {
  ++datagrams;
  bytes += x.bytes.size();
  auto to = host_at(x.to);
  if (to && tap)
    tap(from, *to, x.bytes);
  if (!to || !talks(from, *to)
      || std::uniform_real_distribution<>{0, 1}(random_) < options_.loss)
    return;
  at_time(now_ + some_delay(), [this, from, to = *to, data = x.bytes] {
    inject(to, data, to_string(hosts_[from].address));
  });
}

void virtual_cluster::inject(size_t to, const std::string& data,
                             const std::string& from) {
  if (!hosts_[to].core)
    return;
  std::string why;
  gossip::outcome out;
  hosts_[to].core->receive(data, *discovery::mdns::parse_host_port(from, why), moment(),
                           out);
  carry_out(to, out);
}

void virtual_cluster::obey(size_t i, gossip::stream_order& x) {
  using kind = gossip::stream_order::kind;
  stream_end here{i, x.id};
  if (x.what == kind::open) {
    auto to = host_at(x.to);
    auto open = streams && to && talks(i, *to);
    if (!open || !hosts_[*to].core) {
      // Nobody there: refused. Nobody reached: silence.
      if (open)
        at_time(now_ + some_delay(), [this, here] {
          end(here, {errc::connection_failed, "refused"});
        });
      return;
    }
    stream_end there{*to, accepted_ += 2};
    peers_[here] = there;
    peers_[there] = here;
    at_time(now_ + 2 * options_.delay, [this, there] {
      if (!hosts_[there.host].core)
        return;
      gossip::outcome out;
      hosts_[there.host].core->accepted(there.id, moment(), out);
      carry_out(there.host, out);
    });
  }
  auto found = peers_.find(here);
  if (found == peers_.end())
    return;
  auto there = found->second;
  auto delay = (x.what == kind::open ? 4 : 2) * options_.delay;
  if (!x.bytes.empty())
    at_time(now_ + delay,
            [this, there, data = std::move(x.bytes)] { deliver(there, data); });
  if (x.what != kind::close && !x.last)
    return;
  peers_.erase(here);
  at_time(now_ + delay, [this, there] {
    peers_.erase(there);
    end(there, {errc::connection_lost, "closed"});
  });
  if (x.last)
    at_time(now_ + delay, [this, here] { end(here, {}); });
}

void virtual_cluster::deliver(stream_end to, std::string data) {
  auto life = hosts_[to.host].life;
  // In two pieces: nobody may rely on whole messages.
  for (auto piece : {data.substr(0, data.size() / 2), data.substr(data.size() / 2)}) {
    if (!hosts_[to.host].core || hosts_[to.host].life != life)
      return;
    gossip::outcome out;
    hosts_[to.host].core->received(to.id, piece, moment(), out);
    carry_out(to.host, out);
  }
}

void virtual_cluster::end(stream_end to, mica::error why) {
  if (!hosts_[to.host].core)
    return;
  gossip::outcome out;
  hosts_[to.host].core->ended(to.id, why, moment(), out);
  carry_out(to.host, out);
}

void virtual_cluster::run(std::chrono::milliseconds time) {
  auto until = now_ + time;
  while (!queue_.empty() && queue_.top().when <= until) {
    auto next = queue_.top();
    queue_.pop();
    now_ = std::max(now_, next.when);
    next.what();
  }
  now_ = until;
}

bool virtual_cluster::run_until(const std::function<bool()>& holds,
                                std::chrono::milliseconds limit) {
  for (auto end = now() + limit; now() < end;) {
    if (holds())
      return true;
    run(10ms);
  }
  return holds();
}

void virtual_cluster::kill(size_t i) {
  hosts_[i].core.reset();
}

void virtual_cluster::stop(size_t i) {
  gossip::outcome out;
  hosts_[i].core->farewell(moment(), out);
  auto core = std::move(hosts_[i].core);
  carry_out(i, out);
}

void virtual_cluster::restart(size_t i) {
  start(i);
}

expected<void> virtual_cluster::add(size_t i, const discovery::service_record& record,
                                    std::chrono::nanoseconds ttl) {
  gossip::outcome out;
  auto result = hosts_[i].core->add(record, ttl, moment(), out);
  carry_out(i, out);
  return result;
}

void virtual_cluster::remove(size_t i, const discovery::service_record& record) {
  gossip::outcome out;
  hosts_[i].core->remove(record, moment(), out);
  carry_out(i, out);
}

discovery::snapshot virtual_cluster::look_up(size_t i,
                                             const std::string& service) const {
  return hosts_[i].core->current(service, moment());
}

bool virtual_cluster::complete() const {
  size_t living = 0;
  for (auto& x : hosts_) {
    if (x.life == 0)
      return false;
    living += x.core ? 1 : 0;
  }
  return std::all_of(hosts_.begin(), hosts_.end(), [&](const host& x) {
    if (!x.core)
      return true;
    auto& all = x.core->members().members().all();
    auto seen = std::count_if(all.begin(), all.end(), [](const auto& m) {
      return m.second.state == gossip::member_state::alive;
    });
    return static_cast<size_t>(seen) == living;
  });
}

} // namespace mica::test
