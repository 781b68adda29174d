#include "mdns/querier.hpp"

#include <algorithm>

namespace mica::discovery::mdns {

namespace {

mica::error too_many_pending(size_t limit) {
  return {errc::overloaded,
          "mdns: " + std::to_string(limit) + " lookups are under way; try again later"};
}

} // namespace

querier::querier(const name_scheme& names, const mdns_limits& limits,
                 std::chrono::milliseconds timeout, uint32_t seed)
  : names_(names),
    limits_(limits),
    timeout_(timeout),
    random_(seed) {
  // nop
}

expected<void> querier::lookup(uint64_t ticket, const std::string& service, bool live,
                               bool own, time_point now, outcome& out) {
  if (pending_ >= limits_.pending)
    return too_many_pending(limits_.pending);
  auto used = use(service, now);
  if (!used)
    return used.error();
  auto& x = **used;
  if (live && x.settled) {
    out.answers.push_back(looked_up{ticket, service});
    // What announcements did not bring is there for the next lookup.
    if (now - x.last_query >= requery_after) {
      x.last_query = now;
      ask(names_.service(service), rr_type::ptr, out);
    }
    return {};
  }
  if (!x.collecting)
    x.last_query = now;
  collect(names_.service(service), x.collecting, own, now, out);
  x.collecting->tickets.push_back(ticket);
  ++pending_;
  return {};
}

expected<void> querier::list(uint64_t ticket, bool own, time_point now, outcome& out) {
  if (pending_ >= limits_.pending)
    return too_many_pending(limits_.pending);
  if (!listing_)
    listed_.clear();
  collect(names_.list(), listing_, own, now, out);
  listing_->tickets.push_back(ticket);
  ++pending_;
  return {};
}

expected<void> querier::watch(const std::string& service, bool own, time_point now,
                              outcome& out) {
  auto used = use(service, now);
  if (!used)
    return used.error();
  auto& x = **used;
  if (++x.watchers > 1)
    return {};
  x.gap = watch_first;
  x.next_query = now + jittered(x.gap);
  wake(x.next_query);
  if (!x.settled) {
    if (!x.collecting)
      x.last_query = now;
    collect(names_.service(service), x.collecting, own, now, out);
  }
  return {};
}

void querier::unwatch(const std::string& service) {
  auto x = find(service);
  if (x != nullptr && x->watchers > 0)
    --x->watchers;
}

bool querier::settled(const std::string& service) const {
  auto found = interests_.find(service);
  return found != interests_.end() && found->second.watchers > 0
         && found->second.settled;
}

void querier::forget(const std::string& service, const std::string& id) {
  auto x = find(service);
  if (x == nullptr)
    return;
  auto found = x->nodes.find(id);
  if (found == x->nodes.end())
    return;
  text_bytes_ -= found->second.text.size();
  x->nodes.erase(found);
}

std::vector<std::string> querier::tick(time_point now, outcome& out) {
  auto forgotten = std::move(evicted_);
  evicted_.clear();
  if (!next_ || now < *next_)
    return forgotten;
  next_.reset();
  end_collections(now, out);
  for (auto i = order_.begin(); i != order_.end();) {
    auto service = i++;
    auto& x = interests_.at(*service);
    if (x.collecting) {
      wake(std::min(x.collecting->ends,
                    x.collecting->repeats.value_or(time_point::max())));
    } else if (x.watchers == 0) {
      if (now - x.last_use >= interest_time) {
        forgotten.push_back(*service);
        drop(forgotten.back());
        continue;
      }
      wake(x.last_use + interest_time);
    }
    if (x.watchers > 0) {
      if (x.next_query <= now) {
        x.gap = std::min(x.gap * 2, watch_most);
        x.next_query = now + jittered(x.gap);
        x.last_query = now;
        ask(names_.service(*service), rr_type::ptr, out);
      }
      wake(x.next_query);
    }
    for (auto j = x.nodes.begin(); j != x.nodes.end();) {
      if (j->second.expires > now) {
        wake(j->second.expires);
        ++j;
        continue;
      }
      text_bytes_ -= j->second.text.size();
      j = x.nodes.erase(j);
    }
  }
  return forgotten;
}

void querier::end_collections(time_point now, outcome& out) {
  auto step = [&](const std::string& name, std::optional<collection>& x, auto end) {
    if (!x)
      return;
    if (x->ends <= now) {
      auto tickets = std::move(x->tickets);
      x.reset();
      pending_ -= tickets.size();
      for (auto ticket : tickets)
        end(ticket);
    } else if (x->repeats && *x->repeats <= now) {
      x->repeats.reset();
      if (!x->answered)
        ask(name, rr_type::ptr, out);
    }
  };
  step(names_.list(), listing_, [&](uint64_t ticket) {
    out.answers.push_back(listed{ticket, listed_});
  });
  if (listing_)
    wake(std::min(listing_->ends, listing_->repeats.value_or(time_point::max())));
  for (auto& [service, x] : interests_) {
    if (!x.collecting)
      continue;
    step(names_.service(service), x.collecting, [&, &name = service](uint64_t ticket) {
      out.answers.push_back(looked_up{ticket, name});
    });
    if (!x.collecting && !x.settled) {
      x.settled = true;
      if (x.watchers > 0)
        out.changed.insert(service);
    }
  }
}

void querier::give_up(outcome& out) {
  auto end = [](std::optional<collection>& x) {
    if (x)
      x->ends = time_point::min();
  };
  end(listing_);
  for (auto& kvp : interests_)
    end(kvp.second.collecting);
  end_collections(time_point::min(), out);
}

querier::interest* querier::find(const std::string& service) {
  auto found = interests_.find(service);
  return found == interests_.end() ? nullptr : &found->second;
}

expected<querier::interest*> querier::use(const std::string& service, time_point now) {
  if (service.empty())
    return mica::error{errc::invalid_argument, "mdns: can't look up an empty name"};
  auto x = find(service);
  if (x == nullptr) {
    if (auto ok = check_name(names_.service(service)); !ok) {
      auto why = ok.error();
      why.detail = "mdns: can't look up: " + why.detail;
      return why;
    }
    if (interests_.size() >= limits_.services && !make_room(now))
      return mica::error{errc::limit_exceeded,
                         "mdns: " + std::to_string(limits_.services)
                             + " services are watched or looked up already"};
    x = &interests_[service];
    x->place = order_.insert(order_.end(), service);
  }
  x->last_use = now;
  order_.splice(order_.end(), order_, x->place);
  wake(now + interest_time);
  return x;
}

bool querier::make_room(time_point now) {
  for (auto& service : order_) {
    auto& x = interests_.at(service);
    if (x.watchers > 0 || x.collecting)
      continue;
    evicted_.push_back(service);
    wake(now);
    drop(evicted_.back());
    return true;
  }
  return false;
}

void querier::drop(const std::string& service) {
  auto found = interests_.find(service);
  for (auto& kvp : found->second.nodes)
    text_bytes_ -= kvp.second.text.size();
  order_.erase(found->second.place);
  interests_.erase(found);
}

void querier::collect(const std::string& name, std::optional<collection>& to, bool own,
                      time_point now, outcome& out) {
  if (to)
    return;
  to.emplace();
  to->ends = now + timeout_;
  to->repeats = now + timeout_ / 2;
  if (own)
    heard(to, now);
  wake(std::min(to->ends, *to->repeats));
  ask(name, rr_type::ptr, out);
}

void querier::heard(std::optional<collection>& of, time_point now) {
  if (!of)
    return;
  // The timeout counts from the start: an answer may only shorten it.
  if (!of->answered) {
    of->answered = true;
    of->limit = of->ends;
  }
  of->ends = std::min(of->limit, now + timeout_ / 4);
  wake(of->ends);
}

void querier::ask(const std::string& name, rr_type type, outcome& out) {
  message m;
  m.id = static_cast<uint16_t>(random_());
  m.questions.push_back({name, type, false});
  if (auto bytes = write_message(m))
    out.packets.push_back(
        {std::move(*bytes), packet::destination::group_as_query, {}, 0});
}

void querier::wake(time_point at) {
  next_ = std::min(next_.value_or(at), at);
}

std::chrono::milliseconds querier::jittered(std::chrono::milliseconds x) {
  // Up to a tenth more or less, so that watchers that started together part.
  auto tenth = std::max<int64_t>(x.count() / 10, 1);
  std::uniform_int_distribution<int64_t> spread{-tenth, tenth};
  return x + std::chrono::milliseconds{spread(random_)};
}

} // namespace mica::discovery::mdns
