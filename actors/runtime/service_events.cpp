// The half of a service that publishes and subscribes.

#include "mica/actors/broker_source.hpp"
#include "runtime/ask.hpp"
#include "runtime/broker_choice.hpp"
#include "runtime/log.hpp"
#include "runtime/service_impl.hpp"

#include <utility>

namespace mica::detail {

void service_impl::make_event_sides() {
  publishing_ = std::make_shared<broker_side>(broker_side::parts{
      &runtime_.system(), [this] { return make_broker(); }, env_->now, &env_->types});
  subscriptions_ = std::make_shared<subscriptions>(subscriptions::parts{
      &runtime_.system(), env_,
      [this] {
        auto result = options_.subscriber_wrappers;
        if (metrics_)
          result.insert(result.begin(), metrics_->subscriber());
        return result;
      },
      [to = std::weak_ptr{publishing_}](event_ptr what, publish_done done) {
        if (auto side = to.lock())
          side->publish(std::move(what), std::move(done));
        else
          done(error{errc::unavailable, "the service was stopped"});
      },
      [this](const std::string& line) { report(line); },
      [this](const std::string& line) { log(line); }});
}

void service_impl::report(const std::string& line) {
  log_warning(log_of(), line);
}

broker_side& service_impl::publishing() {
  // Flags may still change both before the first use.
  std::call_once(introduced_, [this] {
    publishing_->introduce(settings_.name, settings_.request_timeout);
  });
  return *publishing_;
}

expected<broker::broker_ref> service_impl::make_broker() {
  auto source = options_.broker;
  if (!source) {
    auto chosen = choose_broker(settings_.broker, settings_.extensions.get());
    if (!chosen)
      return std::move(chosen.error());
    source = std::move(*chosen);
  }
  broker_name_ = source->name();
  broker_environment env;
  env.addresses = settings_.broker_addresses;
  env.service = settings_.name;
  env.node_id = settings_.name + "-" + settings_.id;
  env.registry = [this] { return registry(); };
  env.server_tls = settings_.server_tls;
  env.client_tls = settings_.client_tls;
  env.secure = settings_.client_secure;
  log_of();
  env.report = [to = log_](const std::string& line) { log_warning(*to, line); };
  return source->make(runtime_.system(), env);
}

expected<void> service_impl::begin_subscriptions(const broker::broker_ref& at) {
  for (const auto& x : subscribers_)
    if (auto ok = subscriptions_->add(at.actor, x); !ok)
      return ok;
  return {};
}

expected<void> service_impl::subscribe_only() {
  auto broker = publishing().open();
  if (!broker)
    return std::move(broker.error());
  return begin_subscriptions(*broker);
}

expected<void> service_impl::start_events() {
  auto broker = publishing().open();
  if (!broker)
    return std::move(broker.error());
  auto address = ask<std::string>(runtime_.system(), broker->actor, ask_time,
                                  broker::address_atom::value);
  if (!address)
    return std::move(address.error());
  // There is nothing to see of a broker inside the process.
  if (broker_name_ != "memory")
    log(broker_line(broker_name_, *address));
  if (auto ok = begin_subscriptions(*broker); !ok)
    return ok;
  for (const auto& x : lanes_.all())
    x.dispatch->take_events(
        [to = subscriptions_](http_request&& request, const net::reply_address& from) {
          return to->take(std::move(request), from);
        });
  return {};
}

void service_impl::subscribe_actor(declared_subscriber what, caf::actor user,
                                   const caller& from,
                                   std::function<void(expected<void>)> then) {
  auto box = std::make_shared<declared_subscriber>(std::move(what));
  publishing().run_for(from, [this, box, user = std::move(user),
                              then = std::move(then)](caller::finish finish) {
    auto taken = std::exchange(*box, {});
    if (!taken.make)
      return;
    auto tell = [finish = std::move(finish), then](expected<void> x) {
      auto outcome = std::make_shared<expected<void>>(std::move(x));
      finish([then, outcome] { then(std::move(*outcome)); });
    };
    auto broker = publishing_->current();
    if (broker)
      subscriptions_->follow(broker->actor, std::move(taken), user, std::move(tell));
    else
      tell(std::move(broker.error()));
  });
}

void service_impl::stop_subscribers() {
  auto broker = publishing_->current();
  if (broker)
    subscriptions_->stop(broker->actor, caf::timespan{settings_.drain_time});
}

void service_impl::close_broker() {
  if (auto ok = publishing_->close(); !ok)
    report("the broker was not flushed: " + to_string(ok.error()));
}

} // namespace mica::detail
