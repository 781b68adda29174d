#include "consul/registrations.hpp"

#include "consul/requests.hpp"

#include "consul/health.hpp"
#include "records/validate.hpp"

#include <algorithm>
#include <utility>

namespace mica::discovery::consul {

namespace {

using std::chrono::milliseconds;

// How often we look whether the catalog shows a node, and how long a look waits. Seen
// on one host: it does after 2 to 20 ms.
constexpr size_t most_looks = 4;
constexpr auto look_time = milliseconds{500};

} // namespace

registrations::registrations(agent_client& agent, milliseconds timeout)
  : agent_(agent),
    timeout_(timeout) {
  // nop
}

void registrations::add(const service_record& record, std::chrono::nanoseconds ttl,
                        handler done) {
  if (auto failure = validate(record, ttl))
    return done(std::move(failure));
  auto whole = std::make_shared<registration>();
  std::vector<order_ptr> orders;
  for (const auto& x : record.nodes) {
    auto request = register_request(record, x, ttl);
    if (!request)
      return done(std::move(request.error()));
    orders.push_back(
        std::make_shared<order>(order{whole, x.id, std::move(*request), nullptr}));
  }
  whole->record = record;
  whole->ttl = ttl;
  whole->done = std::move(done);
  auto part = join_outcomes(orders.size(), [this, whole](expected<void> parts) {
    if (!parts || whole->fresh.empty())
      whole->done(std::move(parts));
    else
      look(whole, lookup_request(whole->record.name));
  });
  for (const auto& x : orders) {
    auto begin = [this, x](handler over) {
      x->done = std::move(over);
      renew(x);
    };
    lines_.enqueue(x->id, std::move(begin), part);
  }
}

void registrations::remove(const service_record& record, handler done) {
  if (record.nodes.empty())
    return done({});
  auto part = join_outcomes(record.nodes.size(), std::move(done));
  for (const auto& x : record.nodes)
    lines_.enqueue(
        x.id, [this, id = x.id](handler over) { deregister(id, std::move(over)); },
        part);
}

void registrations::renew(order_ptr x) {
  // Without a check there is nothing to renew; saying it all again also helps an agent
  // that lost it.
  if (x->whole->ttl <= x->whole->ttl.zero() || !is_known(*x))
    return register_fully(std::move(x));
  ask(pass_request(x->id), timeout_, [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (answer->status == 200)
      return x->done({});
    // The agent does not know the check: it came back without its data, or the node
    // was critical for too long.
    register_fully(x);
  });
}

void registrations::register_fully(order_ptr x) {
  known_.erase(x->id);
  ask(x->full, timeout_, [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (auto failure = refusal(*answer, agent_.url()))
      return x->done(std::move(failure));
    if (x->whole->ttl > x->whole->ttl.zero())
      return pass(x);
    remember(*x);
    x->done({});
  });
}

void registrations::pass(order_ptr x) {
  ask(pass_request(x->id), timeout_, [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (auto failure = refusal(*answer, agent_.url()))
      return x->done(std::move(failure));
    remember(*x);
    x->done({});
  });
}

void registrations::remember(const order& x) {
  x.whole->fresh.insert(x.id);
  if (known_.size() >= remembered)
    known_.erase(known_.begin());
  known_[x.id] = std::hash<std::string>{}(x.full.body);
}

bool registrations::is_known(const order& x) const {
  auto found = known_.find(x.id);
  return found != known_.end()
         && found->second == std::hash<std::string>{}(x.full.body);
}

void registrations::look(registration_ptr x, api_request request) {
  auto seen = [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (answer->status >= 500)
      return x->done(refusal(*answer, agent_.url()));
    auto index = next_index(0, answer->index);
    auto found = parse_health(x->record.name, answer->body);
    if (answer->status != 200 || !index.usable || !found || shows(found->found, *x)
        || ++x->looks == most_looks)
      return x->done({});
    look(x, watch_request(x->record.name, index.index, look_time));
  };
  ask(std::move(request), timeout_ + look_time, std::move(seen));
}

bool registrations::shows(const snapshot& found, const registration& wanted) {
  auto is_wanted = [&](const node& x) {
    return wanted.fresh.find(x.id) != wanted.fresh.end();
  };
  auto left = wanted.fresh.size();
  for (const auto& version : found.versions) {
    if (version.version != wanted.record.version)
      continue;
    // Other nodes of this version may offer more or less.
    if (version.endpoints != wanted.record.endpoints
        && std::all_of(version.nodes.begin(), version.nodes.end(), is_wanted))
      return false;
    for (auto x : wanted.record.nodes) {
      if (auto where = split_address(x.address))
        x.address = join_address(*where);
      if (is_wanted(x)
          && std::find(version.nodes.begin(), version.nodes.end(), x)
                 != version.nodes.end())
        --left;
    }
  }
  return left == 0;
}

void registrations::deregister(const std::string& node_id, handler done) {
  known_.erase(node_id);
  ask(deregister_request(node_id), timeout_,
      [this, done = std::move(done)](expected<http_answer> answer) {
        if (!answer)
          return done(std::move(answer.error()));
        // Consul 1.8 answers 200 for an unknown node, later ones 404.
        if (answer->status == 404)
          return done({});
        if (auto failure = refusal(*answer, agent_.url()))
          return done(std::move(failure));
        done({});
      });
}

void registrations::ask(api_request request, milliseconds timeout,
                        agent_client::handler done) {
  agent_.start(std::move(request), timeout, fail_over::at_once, std::move(done));
}

} // namespace mica::discovery::consul
