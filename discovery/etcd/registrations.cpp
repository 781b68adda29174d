#include "etcd/registrations.hpp"

#include "etcd/wire.hpp"
#include "records/validate.hpp"

#include <functional>
#include <utility>

namespace mica::discovery::etcd {

registrations::registrations(etcd_client& client) : client_(client) {
  // nop
}

void registrations::add(const service_record& record, std::chrono::nanoseconds ttl,
                        handler done) {
  if (auto failure = validate(record, ttl))
    return done(std::move(failure));
  auto part = join_outcomes(record.nodes.size(), std::move(done));
  auto one = record;
  for (const auto& x : record.nodes) {
    one.nodes = {x};
    auto next = std::make_shared<order>(
        order{node_key(record.name, x.id), to_json(one), ttl, nullptr});
    auto begin = [this, next](handler over) {
      next->done = std::move(over);
      renew(next);
    };
    lines_.enqueue(next->key, std::move(begin), part);
  }
}

void registrations::remove(const service_record& record, handler done) {
  if (record.nodes.empty())
    return done({});
  auto part = join_outcomes(record.nodes.size(), std::move(done));
  for (const auto& x : record.nodes) {
    auto key = node_key(record.name, x.id);
    auto begin = [this, key](const handler& over) {
      // Its lease ends by itself, as in Go Micro.
      known_.erase(key);
      client_.ask(delete_request(key), [over](expected<http_answer> answer) {
        if (!answer)
          return over(std::move(answer.error()));
        over({});
      });
    };
    lines_.enqueue(key, std::move(begin), part);
  }
}

void registrations::renew(order_ptr x) {
  auto found = known_.find(x->key);
  if (x->ttl <= x->ttl.zero() || found == known_.end() || found->second.ttl != x->ttl)
    return grant(std::move(x));
  auto same = found->second.hash == std::hash<std::string>{}(x->value);
  auto lease = found->second.lease;
  client_.ask(keep_alive_request(lease),
              [this, x, same, lease](expected<http_answer> answer) {
                if (!answer)
                  return x->done(std::move(answer.error()));
                auto lives = parse_keep_alive(answer->body);
                if (!lives)
                  return x->done(std::move(lives.error()));
                if (!*lives)
                  return grant(x);
                if (same)
                  return x->done({});
                put(x, lease);
              });
}

void registrations::grant(order_ptr x) {
  known_.erase(x->key);
  if (x->ttl <= x->ttl.zero())
    return put(std::move(x), {});
  client_.ask(grant_request(x->ttl), [this, x](expected<http_answer> answer) {
    if (!answer)
      return x->done(std::move(answer.error()));
    auto lease = parse_grant(answer->body);
    if (!lease)
      return x->done(std::move(lease.error()));
    put(x, *lease);
  });
}

void registrations::put(order_ptr x, const std::string& lease) {
  client_.ask(put_request(x->key, x->value, lease),
              [this, x, lease](expected<http_answer> answer) {
                // Whether it was written is not known: the next time in full.
                known_.erase(x->key);
                if (!answer)
                  return x->done(std::move(answer.error()));
                if (!lease.empty())
                  remember(*x, lease);
                x->done({});
              });
}

void registrations::remember(const order& x, const std::string& lease) {
  if (known_.size() >= remembered)
    known_.erase(known_.begin());
  known_[x.key] = {std::hash<std::string>{}(x.value), x.ttl, lease};
}

} // namespace mica::discovery::etcd
