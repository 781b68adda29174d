#include "etcd/registry_state.hpp"

#include "http/addresses.hpp"
#include "registry/lease_book.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace mica::discovery::etcd {

mica::error registry_state::begin(self_pointer self, etcd_options options) {
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
  port_ = std::make_unique<worker_port>(std::move(*worker),
                                        caf::actor_cast<caf::weak_actor_ptr>(self));
  agent_ = std::make_unique<agent_client>(std::move(settings->agent), *port_,
                                          [this](const mica::error& x) { observe(x); });
  client_ = std::make_unique<etcd_client>(*agent_, std::move(settings->who),
                                          options_.timeout);
  registrations_ = std::make_unique<registrations>(*client_);
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
    auto items = parse_range(answer->body);
    if (!items)
      return done(std::move(items.error()));
    auto found = read_service(service, *items);
    if (!found.ignored.empty())
      report("service " + service + ": ignored in etcd: " + found.ignored.text());
    if (found.found.versions.empty())
      return done(
          mica::error{errc::service_not_found,
                      "service " + service + " not found in etcd at " + agent_->url()});
    done(std::move(found.found));
  };
  client_->ask(range_request(service_prefix(service)), std::move(take));
}

void registry_state::list(
    std::function<void(expected<std::vector<service_record>>)> done) {
  auto take = [this, done = std::move(done)](expected<http_answer> answer) {
    if (!answer)
      return done(std::move(answer.error()));
    auto items = parse_range(answer->body);
    if (!items)
      return done(std::move(items.error()));
    auto found = read_services(*items);
    if (!found.ignored.empty())
      report("ignored in etcd: " + found.ignored.text());
    done(std::move(found.services));
  };
  client_->ask(range_request(prefix), std::move(take));
}

mica::error registry_state::watch(const std::string& service, watcher_actor watcher) {
  if (!table_.add(service, now())) {
    mica::error failure{errc::limit_exceeded,
                        "service " + service + ": more than "
                            + std::to_string(refresh_limits{}.services)
                            + " services watched in etcd"};
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
  for (const auto& service : watched_.forget(watcher))
    table_.remove(service);
  if (watched_.empty())
    close_stream();
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
  if (!watched_.empty() && stream_ != stream::open && stream_due_ <= at) {
    if (stream_ == stream::opening)
      stream_ended({errc::unavailable,
                    "etcd at " + agent_->url() + ": the watch did not begin in time"});
    else
      open_stream();
  }
  for (const auto& service : table_.start(at))
    read(service);
  auto due = table_.next_due();
  if (!watched_.empty() && stream_ != stream::open && (!due || stream_due_ < *due))
    due = stream_due_;
  if (!due || (armed_ && *armed_ <= *due))
    return;
  armed_ = due;
  self_->delayed_send(self_, std::max(*due - at, time_point::duration{1}),
                      due_atom::value);
}

void registry_state::read(const std::string& service) {
  client_->ask(range_request(service_prefix(service)),
               [this, service](expected<http_answer> answer) {
                 take_answer(service, std::move(answer));
               });
}

void registry_state::take_answer(const std::string& service,
                                 expected<http_answer> answer) {
  auto fail = [&](const mica::error& failure) {
    std::uniform_real_distribution<> distribution;
    table_.failed(service, now(), distribution(random_));
    // That nobody answers is told for all services at once.
    if (failure.reason != errc::unavailable)
      report("watching service " + service + " failed: " + failure.detail);
  };
  if (!watched_.has(service))
    return;
  if (!answer)
    return fail(answer.error());
  auto items = parse_range(answer->body);
  if (!items)
    return fail(items.error());
  auto content = read_service(service, *items);
  if (!content.ignored.empty())
    report("service " + service + ": ignored in etcd: " + content.ignored.text());
  table_.answered(service, items->revision, now());
  watched_.confirm(service, std::move(content.found), now());
}

void registry_state::observe(const mica::error& failure) {
  if (failure) {
    if (failure.reason != errc::unavailable || std::exchange(away_, true))
      return;
    report(failure.detail + "; going on with what is known");
  } else if (std::exchange(away_, false)) {
    report("etcd at " + agent_->url() + " answers again");
    table_.is_back(now());
    if (stream_ == stream::closed)
      stream_due_ = now();
  }
}

void registry_state::report(const std::string& line) {
  reports_.say(line, now());
}

registry_state::time_point registry_state::now() const {
  return self_->clock().now();
}

} // namespace mica::discovery::etcd
