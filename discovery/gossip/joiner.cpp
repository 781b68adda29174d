#include "gossip/joiner.hpp"

#include "mica/net/addresses.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

namespace {

constexpr size_t max_seeds = 256;

bool is_member(const member_table& members, const std::vector<host_port>& addresses) {
  auto& all = members.all();
  return std::any_of(all.begin(), all.end(), [&](const auto& x) {
    return !x.second.gone()
           && std::find(addresses.begin(), addresses.end(), x.second.at())
                  != addresses.end();
  });
}

} // namespace

expected<joiner> joiner::make(const std::vector<std::string>& seeds, time_point now) {
  if (seeds.size() > max_seeds)
    return mica::error{errc::invalid_argument,
                       "gossip: more than " + std::to_string(max_seeds) + " seeds"};
  joiner result;
  result.patience_ = now + join_patience;
  for (auto& text : seeds) {
    auto parts = net::parse_host_port(text);
    if (!parts || parts->host.empty() || parts->port == 0)
      return mica::error{errc::invalid_argument,
                         "gossip: the seed \"" + text + "\" is no host:port"};
    known_seed next;
    next.text = text;
    next.port = parts->port;
    next.next = now;
    if (auto ip = mdns::parse_ip(parts->host))
      next.addresses = {{*ip, next.port, 0}};
    else
      next.name = parts->host;
    result.seeds_.push_back(std::move(next));
  }
  return result;
}

std::vector<joiner::attempt> joiner::tick(const member_table& members,
                                          const host_port& own, size_t most,
                                          time_point now) {
  std::vector<attempt> result;
  for (size_t i = 0; i < seeds_.size() && result.size() < most; ++i) {
    auto& x = seeds_[i];
    if (x.asking || x.next > now)
      continue;
    auto ours = std::find(x.addresses.begin(), x.addresses.end(), own);
    if (ours != x.addresses.end() || is_member(members, x.addresses)) {
      x.tried = true;
      x.trouble.clear();
      x.next = now + join_most;
      // A name may mean somebody else by then.
      if (!x.name.empty())
        x.addresses.clear();
      continue;
    }
    x.asking = true;
    if (x.addresses.empty())
      result.push_back({i, x.name, {}});
    else
      result.push_back({i, {}, x.addresses[x.turn++ % x.addresses.size()]});
  }
  return result;
}

void joiner::resolved(size_t seed, const std::vector<ip_address>& hosts,
                      const std::string& why, time_point now) {
  auto& x = seeds_[seed];
  if (hosts.empty())
    return failed(seed, why, now);
  x.addresses.clear();
  for (auto& host : hosts)
    x.addresses.push_back({host, x.port, 0});
  x.asking = false;
  x.next = now;
}

void joiner::succeeded(size_t seed, time_point now) {
  auto& x = seeds_[seed];
  x.asking = false;
  x.tried = true;
  x.trouble.clear();
  x.delay = join_first;
  x.next = now + join_most;
}

void joiner::failed(size_t seed, const std::string& why, time_point now) {
  auto& x = seeds_[seed];
  x.asking = false;
  x.tried = true;
  x.trouble = x.text + ": " + why;
  x.next = now + x.delay;
  x.delay = std::min(2 * x.delay, join_most);
  if (!x.name.empty())
    x.addresses.clear();
}

std::optional<time_point> joiner::next() const {
  std::optional<time_point> result;
  for (auto& x : seeds_)
    if (!x.asking)
      result = std::min(result.value_or(x.next), x.next);
  return result;
}

bool joiner::busy(time_point now) const {
  return now < patience_
         && std::any_of(seeds_.begin(), seeds_.end(),
                        [](const known_seed& x) { return !x.tried; });
}

std::string joiner::trouble() const {
  std::string result;
  for (auto& x : seeds_) {
    if (x.trouble.empty())
      return {};
    if (result.size() < 512)
      result += (result.empty() ? "" : "; ") + x.trouble;
  }
  return result;
}

} // namespace mica::discovery::gossip
