#include "consul/registry_state.hpp"

#include "consul/addresses.hpp"
#include "consul/health.hpp"
#include "consul/requests.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace mica::discovery::consul {

mica::error registry_state::begin(self_pointer self, consul_options options) {
  self_ = self;
  options_ = std::move(options);
  reports_ = reporter{options_.report};
  random_.seed(std::random_device{}());
  auto settings = settle(options_, process_environment);
  if (!settings)
    return std::move(settings.error());
  auto worker = http_worker::make();
  if (!worker)
    return std::move(worker.error());
  watch_limits limits;
  limits.wait = options_.watch_wait;
  port_ = std::make_unique<worker_port>(std::move(*worker),
                                        caf::actor_cast<caf::weak_actor_ptr>(self));
  agent_ = std::make_unique<agent_client>(std::move(*settings), *port_,
                                          [this](const mica::error& x) { observe(x); });
  registrations_ = std::make_unique<registrations>(*agent_, options_.timeout);
  table_ = std::make_unique<watch_table>(limits);
  return {};
}

void registry_state::add(const service_record& record, caf::timespan ttl,
                         registrations::handler done) {
  registrations_->add(record, ttl, std::move(done));
}

void registry_state::remove(const service_record& record, registrations::handler done) {
  registrations_->remove(record, std::move(done));
}

void registry_state::lookup(const std::string& service,
                            std::function<void(expected<snapshot>)> done) {
  auto take = [this, service, done = std::move(done)](expected<http_answer> answer) {
    if (!answer)
      return done(std::move(answer.error()));
    if (auto failure = refusal(*answer, agent_->url()))
      return done(std::move(failure));
    auto found = parse_health(service, answer->body);
    if (!found) {
      found.error().detail = "Consul at " + agent_->url() + ": service " + service
                             + ": " + found.error().detail;
      return done(std::move(found.error()));
    }
    if (!found->ignored.empty())
      report("service " + service + ": ignored in Consul: " + found->ignored.text());
    if (found->found.versions.empty())
      return done(mica::error{errc::service_not_found, "service " + service
                                                           + " not found in Consul at "
                                                           + agent_->url()});
    done(std::move(found->found));
  };
  agent_->start(in_datacenter(lookup_request(service), options_.datacenter),
                options_.timeout, fail_over::at_once, std::move(take));
}

void registry_state::list(
    std::function<void(expected<std::vector<service_record>>)> done) {
  auto take = [this, done = std::move(done)](expected<http_answer> answer) {
    if (!answer)
      return done(std::move(answer.error()));
    if (auto failure = refusal(*answer, agent_->url()))
      return done(std::move(failure));
    auto found = parse_catalog(answer->body);
    if (!found) {
      found.error().detail =
          "Consul at " + agent_->url() + ": list of services: " + found.error().detail;
      return done(std::move(found.error()));
    }
    if (!found->ignored.empty())
      report("ignored in Consul: " + found->ignored.text());
    done(std::move(found->services));
  };
  agent_->start(in_datacenter(list_request(), options_.datacenter), options_.timeout,
                fail_over::at_once, std::move(take));
}

mica::error registry_state::watch(const std::string& service, watcher_actor watcher) {
  if (!table_->add(service, now())) {
    mica::error failure{errc::limit_exceeded,
                        "service " + service + ": more than "
                            + std::to_string(watch_limits{}.services)
                            + " services watched in Consul"};
    report(failure.detail);
    return failure;
  }
  // Monitored from above: we outlive our watchers.
  self_->monitor(watcher);
  watched_.add(service, std::move(watcher));
  on_due();
  return {};
}

void registry_state::forget(const caf::actor_addr& watcher) {
  for (const auto& service : watched_.forget(watcher)) {
    if (auto query = queries_.extract(service))
      agent_->cancel(query.mapped());
    table_->remove(service);
  }
  on_due();
}

void registry_state::complete(const http_done& x) {
  port_->arrived(x.ticket);
  agent_->complete(x.ticket, std::move(*x.outcome));
  on_due();
}

void registry_state::on_due() {
  auto at = now();
  if (armed_ && *armed_ <= at)
    armed_.reset();
  for (const auto& x : table_->start(at))
    query(x);
  auto due = table_->next_due();
  if (!due || (armed_ && *armed_ <= *due))
    return;
  armed_ = due;
  self_->delayed_send(self_, std::max(*due - at, time_point::duration{1}),
                      due_atom::value);
}

void registry_state::query(const watch_table::query& x) {
  // The agent adds up to a sixteenth, so that not all queries end at once.
  auto timeout = x.wait + x.wait / 16 + options_.timeout;
  auto ticket = agent_->start(
      in_datacenter(watch_request(x.service, x.index, x.wait), options_.datacenter),
      timeout, fail_over::next_time,
      [this, service = x.service](expected<http_answer> answer) {
        take_answer(service, std::move(answer));
      });
  queries_[x.service] = ticket;
}

void registry_state::take_answer(const std::string& service,
                                 expected<http_answer> answer) {
  if (!watched_.has(service))
    return;
  queries_.erase(service);
  if (!answer)
    return take_failure(service, answer.error());
  if (auto failure = refusal(*answer, agent_->url()))
    return take_failure(service, failure);
  auto content = parse_health(service, answer->body);
  if (!content)
    return take_failure(service, content.error());
  if (!content->ignored.empty())
    report("service " + service + ": ignored in Consul: " + content->ignored.text());
  table_->answered(service, answer->index, now());
  watched_.confirm(service, std::move(content->found), now());
}

void registry_state::take_failure(const std::string& service,
                                  const mica::error& failure) {
  std::uniform_real_distribution<> distribution;
  table_->failed(service, now(), distribution(random_));
  // That no agent answers is told for all services at once.
  if (failure.reason != errc::unavailable)
    report("watching service " + service + " failed: " + failure.detail);
  watched_.lose(service, now());
}

void registry_state::observe(const mica::error& failure) {
  if (failure) {
    if (failure.reason != errc::unavailable || std::exchange(away_, true))
      return;
    report(failure.detail + "; going on with what is known");
  } else if (std::exchange(away_, false)) {
    report("Consul at " + agent_->url() + " answers again");
    table_->agent_is_back(now());
  }
}

void registry_state::report(const std::string& line) {
  reports_.say(line, now());
}

registry_state::time_point registry_state::now() const {
  return self_->clock().now();
}

} // namespace mica::discovery::consul
