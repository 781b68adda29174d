#include "consul/registrations.hpp"

#include "consul/health.hpp"

#include <utility>

namespace mica::discovery::consul {

namespace {

using std::chrono::milliseconds;

// How often we look whether the catalog shows a node, and how long a look waits. Seen
// on one host: it does after 2 to 20 ms.
constexpr size_t most_looks = 4;
constexpr auto look_time = milliseconds{500};

mica::error invalid(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

mica::error validate(const service_record& record) {
  if (record.name.empty())
    return invalid("a service without a name can't be registered");
  if (record.nodes.empty())
    return invalid("service " + record.name + " has no node to register");
  for (const auto& x : record.nodes)
    if (x.id.empty())
      return invalid("service " + record.name + " has a node without id");
  return {};
}

/// Calls `done` once all parts are done, with the first failure.
class joined {
public:
  joined(size_t parts, registrations::handler done)
    : left_(parts),
      done_(std::move(done)) {
    // nop
  }

  void part(expected<void> outcome) {
    if (!outcome && first_)
      first_ = std::move(outcome);
    if (--left_ == 0)
      done_(std::move(first_));
  }

private:
  size_t left_;
  expected<void> first_;
  registrations::handler done_;
};

/// True if a lookup found the node as it was registered.
bool shows(const snapshot& found, const service_record& wanted) {
  auto target = wanted.nodes.front();
  if (auto where = split_address(target.address))
    target.address = join_address(*where);
  for (const auto& version : found.versions)
    if (version.version == wanted.version)
      for (const auto& x : version.nodes)
        if (x == target)
          return version.endpoints == wanted.endpoints || version.nodes.size() > 1;
  return false;
}

} // namespace

registrations::registrations(agent_client& agent, milliseconds timeout)
  : agent_(agent),
    timeout_(timeout) {
  // nop
}

void registrations::add(const service_record& record, std::chrono::nanoseconds ttl,
                        handler done) {
  if (auto failure = validate(record))
    return done(std::move(failure));
  std::vector<order_ptr> orders;
  for (const auto& x : record.nodes) {
    auto request = register_request(record, x, ttl);
    if (!request)
      return done(std::move(request.error()));
    auto one = std::make_shared<order>();
    one->service = {
        record.name, record.version, record.metadata, record.endpoints, {x}};
    one->full = std::move(*request);
    one->ttl = ttl;
    orders.push_back(std::move(one));
  }
  auto all = std::make_shared<joined>(orders.size(), std::move(done));
  for (auto& x : orders) {
    x->done = closing(x->target().id,
                      [all](expected<void> part) { all->part(std::move(part)); });
    auto begin = [this, x] { renew(x); };
    enqueue(x->target().id, std::move(begin),
            [all](expected<void> part) { all->part(std::move(part)); });
  }
}

void registrations::remove(const service_record& record, handler done) {
  if (record.nodes.empty())
    return done({});
  auto all = std::make_shared<joined>(record.nodes.size(), std::move(done));
  for (const auto& x : record.nodes) {
    auto part = [all](expected<void> outcome) { all->part(std::move(outcome)); };
    auto begin = [this, id = x.id, part] { deregister(id, closing(id, part)); };
    enqueue(x.id, std::move(begin), part);
  }
}

void registrations::enqueue(const std::string& node_id, step begin,
                            const handler& done) {
  auto& line = lines_[node_id];
  if (line.size() >= waiting_per_node)
    return done(mica::error{errc::overloaded,
                            "node " + node_id + ": too many orders for it in line"});
  line.push_back(std::move(begin));
  if (line.size() == 1)
    step{line.front()}();
}

registrations::handler registrations::closing(const std::string& node_id,
                                              handler done) {
  return [this, node_id, done = std::move(done)](expected<void> outcome) {
    done(std::move(outcome));
    next(node_id);
  };
}

void registrations::next(const std::string& node_id) {
  auto found = lines_.find(node_id);
  if (found == lines_.end())
    return;
  found->second.pop_front();
  if (found->second.empty())
    lines_.erase(found);
  else
    step{found->second.front()}();
}

void registrations::renew(order_ptr x) {
  // Without a check there is nothing to renew; saying it all again also helps an agent
  // that lost it.
  if (x->ttl <= x->ttl.zero() || !is_known(*x))
    return register_fully(std::move(x));
  auto request = pass_request(x->target().id);
  ask(std::move(request), timeout_, [this, x](expected<http_answer> answer) {
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
  known_.erase(x->target().id);
  ask(x->full, timeout_, [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (auto failure = refusal(*answer, agent_.url()))
      return x->done(std::move(failure));
    if (x->ttl > x->ttl.zero())
      return pass(x);
    look(x, lookup_request(x->service.name));
  });
}

void registrations::pass(order_ptr x) {
  ask(pass_request(x->target().id), timeout_, [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (auto failure = refusal(*answer, agent_.url()))
      return x->done(std::move(failure));
    look(x, lookup_request(x->service.name));
  });
}

void registrations::look(order_ptr x, api_request request) {
  auto seen = [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    if (answer->status >= 500)
      return x->done(refusal(*answer, agent_.url()));
    auto index = next_index(0, answer->index);
    auto found = parse_health(x->service.name, answer->body);
    // A token that may register but not read sees nothing for ever: the agent has
    // taken the node, and that has to do.
    if (answer->status != 200 || !index.usable || !found
        || shows(found->found, x->service) || ++x->looks == most_looks) {
      remember(*x);
      return x->done({});
    }
    look(x, watch_request(x->service.name, index.index, look_time));
  };
  ask(std::move(request), timeout_ + look_time, std::move(seen));
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

void registrations::remember(const order& x) {
  if (known_.size() >= remembered)
    known_.erase(known_.begin());
  known_[x.target().id] = std::hash<std::string>{}(x.full.body);
}

bool registrations::is_known(const order& x) const {
  auto found = known_.find(x.target().id);
  return found != known_.end()
         && found->second == std::hash<std::string>{}(x.full.body);
}

void registrations::ask(api_request request, milliseconds timeout,
                        agent_client::handler done) {
  agent_.start(std::move(request), timeout, fail_over::at_once, std::move(done));
}

} // namespace mica::discovery::consul
