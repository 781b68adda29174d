#include "broker/http/http_broker.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "runtime/uuid.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace mica::broker::http {

namespace {

constexpr auto broker_id = "go.micro.broker";
constexpr auto exit_now = caf::exit_reason::user_shutdown;

// Between two looks at what a disconnect waits for.
constexpr std::chrono::milliseconds flush_interval{20};

// For the last answers to leave.
constexpr std::chrono::seconds drain_time{1};

// Between two lines about what was lost.
constexpr std::chrono::seconds lost_interval{1};

// Of an answer to a POST: an error object at most.
constexpr size_t answer_bytes = 64 * 1024;

caf::error failure(errc reason, std::string text) {
  return to_caf({reason, std::move(text), broker_id});
}

net::listener_options listener_of(const http_broker_options& options,
                                  const broker_environment& env,
                                  std::shared_ptr<receiver> handler) {
  net::listener_options result;
  if (!env.addresses.empty())
    result.address = env.addresses.front();
  // Base64, and headers of which each byte may be an escape.
  result.limits.body_bytes =
      options.event_bytes / 3 * 4 + options.header_bytes * 6 + 1024;
  result.http2.collected_bytes =
      std::max(result.http2.collected_bytes, 4 * result.limits.body_bytes);
  result.http2.concurrent_streams =
      std::max(result.http2.concurrent_streams, options.in_flight);
  result.tls = env.server_tls;
  result.handler = std::move(handler);
  if (env.report)
    result.report = [report = env.report](const error& why) {
      report("broker: " + to_string(why));
    };
  return result;
}

net::pool_options pool_of(const http_broker_options& options,
                          const broker_environment& env) {
  net::pool_options result;
  result.http.body_bytes = answer_bytes;
  result.limits.waiting_per_address =
      std::max(result.limits.waiting_per_address, options.in_flight);
  result.tls = env.client_tls;
  if (env.report)
    result.report = [report = env.report](const error& why) {
      report("broker: " + to_string(why));
    };
  return result;
}

} // namespace

http_broker::http_broker(caf::actor_config& cfg, http_broker_options options,
                         broker_environment env, discovery::registry_actor registry,
                         std::shared_ptr<post_office> office)
  : in_io_thread(cfg),
    options_(options),
    env_(std::move(env)),
    registry_(std::move(registry)),
    office_(std::move(office)),
    distributor_(
        std::make_shared<distributor>(options_, env_.secure, std::random_device{}())),
    receiver_(std::make_shared<receiver>(
        options_, [clock = &home_system().clock()] { return clock->now(); })) {
  // nop
}

http_broker_actor::behavior_type http_broker::make_behavior() {
  net::init_actor(this);
  set_down_handler([this](caf::down_msg& x) { sink_ended(x.source); });
  office_->wake_up(caf::actor_cast<caf::actor>(this));
  distributor_->use(
      {[this](const std::string& service) {
         send(registry_, discovery::watch_atom::value, service,
              caf::actor_cast<discovery::watcher_actor>(this));
       },
       [this](const std::string& service) {
         request(registry_, caf::infinite, discovery::lookup_atom::value, service)
             .then([this](discovery::snapshot& x) { distributor_->update(x); },
                   [this, service](caf::error& why) {
                     distributor_->not_found(service, from_caf(why));
                   });
       },
       [this](net::time_point when) {
         auto wait = std::max(when - clock().now(), caf::timespan{1});
         delayed_send(this, wait, tick_atom::value);
       },
       [this] { return clock().now(); },
       [this](const std::string& line) { report(line); }});
  return {
      [this](connect_atom) { return connect(); },
      [this](disconnect_atom) { return disconnect(); },
      [this](publish_atom, event_ptr& what) -> caf::result<caf::ok_atom> {
        auto promise = make_response_promise<caf::ok_atom>();
        office_->publish(std::move(what), [promise](expected<void> outcome) mutable {
          if (outcome)
            promise.deliver(caf::ok_atom::value);
          else
            promise.deliver(to_caf(std::move(outcome.error())));
        });
        return promise;
      },
      [this](subscribe_atom, subscribe_request& what) { return subscribe(what); },
      [this](unsubscribe_atom, const subscription_ptr& what) {
        return unsubscribe(what);
      },
      [this](traits_atom) -> traits {
        return {.name = "http",
                .at_least_once = true,
                .redelivers = false,
                .keeps = false,
                .ordered = options_.in_flight == 1};
      },
      [this](address_atom) { return bound_; },
      [this](wake_atom) { look_at_post(); },
      [this](tick_atom) {
        distributor_->tick();
        tell_lost();
      },
      [this](flush_atom) { flush(); },
      [this](const discovery::snapshot& x) { distributor_->update(x); },
  };
}

void http_broker::on_exit() {
  office_->set_open(false);
  office_->wake_up(nullptr);
  error why{errc::unavailable, "the broker was stopped", broker_id};
  for (auto number : receiver_->live())
    for (auto& record : records_of(*receiver_->find(number)))
      caf::anon_send(registry_, discovery::deregister_atom::value, std::move(record));
  receiver_->abandon_all();
  auto rest = office_->take();
  for (auto& x : rest.published)
    x->refuse(why);
  distributor_->close(why);
  for (auto* list : {&connecting_, &disconnecting_})
    for (auto& promise : std::exchange(*list, {}))
      promise.deliver(to_caf(why));
  if (listener_)
    caf::anon_send_exit(std::exchange(listener_, nullptr), exit_now);
  if (pool_.actor)
    caf::anon_send_exit(std::exchange(pool_, {}).actor, exit_now);
  registry_ = nullptr;
}

// -- connect and disconnect --------------------------------------------------------

caf::result<caf::ok_atom> http_broker::connect() {
  if (phase_ == phase::open)
    return caf::ok_atom::value;
  if (phase_ == phase::closing)
    return failure(errc::unavailable, "the broker disconnects");
  connecting_.push_back(make_response_promise<caf::ok_atom>());
  auto result = connecting_.back();
  if (std::exchange(phase_, phase::opening) == phase::opening)
    return result;
  pool_ = net::spawn_pool(home_system(), pool_of(options_, env_));
  distributor_->use(pool_.direct);
  listener_ =
      net::spawn_listener(home_system(), listener_of(options_, env_, receiver_));
  request(listener_, caf::infinite, net::listen_atom::value)
      .then([this](const std::string& bound) { listening(bound); },
            [this](caf::error& why) { not_listening(from_caf(why)); });
  return result;
}

void http_broker::listening(const std::string& bound) {
  phase_ = phase::open;
  bound_ = bound;
  advertised_ = net::advertised_address(bound);
  office_->set_open(true);
  for (auto& promise : std::exchange(connecting_, {}))
    promise.deliver(caf::ok_atom::value);
}

void http_broker::not_listening(const error& why) {
  closed();
  for (auto& promise : std::exchange(connecting_, {}))
    promise.deliver(to_caf(why));
}

caf::result<caf::ok_atom> http_broker::disconnect() {
  if (phase_ == phase::closed)
    return caf::ok_atom::value;
  if (phase_ == phase::opening)
    return failure(errc::unavailable, "the broker connects");
  disconnecting_.push_back(make_response_promise<caf::ok_atom>());
  auto result = disconnecting_.back();
  if (std::exchange(phase_, phase::closing) == phase::closing)
    return result;
  office_->set_open(false);
  flush_until_ = clock().now() + options_.flush_time;
  for (auto number : receiver_->live()) {
    ++deregistering_;
    end(number, false, [this] { --deregistering_; });
  }
  flush();
  return result;
}

void http_broker::flush() {
  look_at_post();
  auto events = office_->unanswered();
  auto in_hand = receiver_->unsettled();
  auto empty = events == 0 && in_hand == 0 && deregistering_ == 0;
  if (!empty && clock().now() < flush_until_) {
    delayed_send(this, flush_interval, flush_atom::value);
    return;
  }
  distributor_->close({errc::unavailable, "the broker was disconnected", broker_id});
  receiver_->abandon_all();
  caf::error outcome;
  if (events + in_hand > 0)
    outcome =
        failure(errc::timeout, std::to_string(events)
                                   + " published events without an answer and "
                                   + std::to_string(in_hand) + " unsettled ones after "
                                   + std::to_string(options_.flush_time.count())
                                   + " ms (http_broker_options::flush_time)");
  auto finish = [this, outcome] {
    closed();
    for (auto& promise : std::exchange(disconnecting_, {}))
      if (outcome)
        promise.deliver(outcome);
      else
        promise.deliver(caf::ok_atom::value);
  };
  request(listener_, caf::infinite, net::drain_atom::value, caf::timespan{drain_time})
      .then([finish](bool) { finish(); }, [finish](caf::error&) { finish(); });
}

void http_broker::closed() {
  phase_ = phase::closed;
  bound_.clear();
  caf::anon_send_exit(std::exchange(listener_, nullptr), exit_now);
  caf::anon_send_exit(std::exchange(pool_, {}).actor, exit_now);
}

// -- subscriptions -----------------------------------------------------------------

caf::result<subscription_ptr> http_broker::subscribe(subscribe_request& what) {
  if (phase_ != phase::open)
    return failure(errc::unavailable, "the broker is not connected");
  if (what.topic.empty())
    return failure(errc::invalid_argument, "a subscription needs a topic");
  if (what.queue == broadcast_version)
    return failure(errc::invalid_argument,
                   "queue " + what.queue + ": Go Micro's name for no queue");
  if (what.prefetch == 0 || !what.sink)
    return failure(errc::invalid_argument,
                   "a subscription needs a sink and a prefetch above 0");
  if (receiver_->size() >= options_.subscriptions)
    return failure(errc::limit_exceeded,
                   "more than " + std::to_string(options_.subscriptions)
                       + " subscriptions (http_broker_options::subscriptions)");
  auto number = ++last_subscription_;
  announcement as{.topic = what.topic,
                  .queue = what.queue,
                  .id = what.topic + '-' + mica::detail::make_uuid(),
                  .v1_id = options_.legacy
                               ? what.topic + '-' + mica::detail::make_uuid()
                               : std::string{},
                  .address = advertised_,
                  .secure = static_cast<bool>(env_.server_tls)};
  receiver_->add(number, std::move(as), what,
                 std::make_shared<http_subscription>(office_, number));
  monitor(what.sink);
  auto promise = make_response_promise<subscription_ptr>();
  register_next(number, 0, promise);
  return promise;
}

void http_broker::register_next(uint64_t number, size_t index,
                                subscribe_promise promise) {
  const auto* as = receiver_->find(number);
  // Its sink has ended meanwhile, or the broker.
  if (!as) {
    promise.deliver(failure(errc::cancelled, "the subscription has ended"));
    return;
  }
  auto records = records_of(*as);
  if (index == records.size()) {
    distributor_->add(*as);
    promise.deliver(receiver_->handle_of(number));
    return;
  }
  request(registry_, caf::infinite, discovery::register_atom::value,
          std::move(records[index]), caf::timespan{options_.register_ttl})
      .then([this, number, index,
             promise](caf::ok_atom) { register_next(number, index + 1, promise); },
            [this, number, promise](caf::error& why) mutable {
              auto reason = from_caf(why);
              reason.detail = "subscription not registered: " + reason.detail;
              end(number, true, nullptr);
              promise.deliver(to_caf(std::move(reason)));
            });
}

caf::result<caf::ok_atom> http_broker::unsubscribe(const subscription_ptr& what) {
  auto* ours = dynamic_cast<http_subscription*>(what.get());
  if (!ours || !receiver_->find(ours->number()))
    return caf::ok_atom::value;
  auto promise = make_response_promise<caf::ok_atom>();
  end(ours->number(), false,
      [promise]() mutable { promise.deliver(caf::ok_atom::value); });
  return promise;
}

void http_broker::end(uint64_t number, bool abandon, std::function<void()> then) {
  const auto* as = receiver_->find(number);
  if (!as)
    return receiver_->end(number, abandon);
  distributor_->remove(as->id);
  auto records = records_of(*as);
  receiver_->end(number, abandon);
  auto left = std::make_shared<size_t>(records.size());
  auto one_less = [left, then = std::move(then)] {
    if (--*left == 0 && then)
      then();
  };
  for (auto& record : records)
    request(registry_, caf::infinite, discovery::deregister_atom::value,
            std::move(record))
        .then([one_less](caf::ok_atom) { one_less(); },
              // Its lease runs out.
              [one_less](caf::error&) { one_less(); });
}

void http_broker::sink_ended(const caf::actor_addr& who) {
  for (auto number : receiver_->of(who))
    end(number, true, nullptr);
}

// -- the post office ---------------------------------------------------------------

void http_broker::look_at_post() {
  auto what = office_->take();
  for (const auto& x : what.settled)
    receiver_->settle(x);
  lost_ += what.lost;
  if (what.lost > 0)
    why_lost_ = std::move(what.why_lost);
  if (!what.published.empty())
    distributor_->publish(std::move(what.published));
  tell_lost();
}

void http_broker::tell_lost() {
  if (lost_ == 0)
    return;
  auto now = clock().now();
  if (now < told_lost_ + lost_interval) {
    delayed_send(this, lost_interval, tick_atom::value);
    return;
  }
  told_lost_ = now;
  report(std::to_string(std::exchange(lost_, 0))
         + " events were lost that nobody asked about; the last one: " + why_lost_);
}

void http_broker::report(const std::string& line) const {
  if (env_.report)
    env_.report(line);
}

} // namespace mica::broker::http

namespace mica {

broker_source http_broker(http_broker_options options) {
  return {"http",
          [options](caf::actor_system& system,
                    const broker_environment& env) -> expected<broker::broker_ref> {
            using namespace broker::http;
            if (!env.registry)
              return error{errc::invalid_argument,
                           "the broker http needs a registry to find subscribers by"};
            // Here and not on the lane: it may look around for one.
            auto registry = env.registry();
            if (!registry)
              return std::move(registry.error());
            auto office = std::make_shared<post_office>(options);
            auto actor = system.spawn<broker::http::http_broker>(
                options, env, std::move(*registry), office);
            return broker::broker_ref{actor, office};
          }};
}

} // namespace mica
