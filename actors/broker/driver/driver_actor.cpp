#include "broker/driver/driver.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>

namespace mica::broker {

namespace {

/// The outcome of a request that was not over at once.
struct published {
  uint64_t number;
  expected<void> outcome;
};

struct subscribed {
  uint64_t number;
  expected<subscription_ptr> outcome;
};

} // namespace

} // namespace mica::broker

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::published)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::subscribed)

namespace mica::broker {

namespace {

using driving_actor =
    broker_actor::extend<caf::reacts_to<published>, caf::reacts_to<subscribed>>;

caf::result<caf::ok_atom> reply(expected<void> outcome) {
  if (!outcome)
    return to_caf(std::move(outcome.error()));
  return caf::ok_atom::value;
}

class driver_actor : public driving_actor::base {
public:
  driver_actor(caf::actor_config& cfg, std::shared_ptr<driver> what)
    : driving_actor::base(cfg),
      driver_(std::move(what)) {
    // nop
  }

  const char* name() const override {
    return "broker-driver";
  }

  void on_exit() override {
    static_cast<void>(driver_->disconnect());
    auto gone = [this] {
      return to_caf(error{errc::unavailable, "the broker has ended",
                          "mica.broker." + driver_->promises().name});
    };
    for (auto& [number, promise] : std::exchange(publishes_, {}))
      promise.deliver(gone());
    for (auto& [number, open] : std::exchange(subscribes_, {}))
      open.promise.deliver(gone());
    subscriptions_.clear();
  }

  behavior_type make_behavior() override {
    net::init_actor(this);
    set_down_handler([this](caf::down_msg& x) { forget(x.source); });
    return {
        [this](connect_atom) { return reply(driver_->connect()); },
        [this](disconnect_atom) {
          for (auto& [what, sink] : std::exchange(subscriptions_, {}))
            demonitor(sink.address());
          return reply(driver_->disconnect());
        },
        [this](publish_atom, event_ptr& what) { return publish(what); },
        [this](subscribe_atom, subscribe_request& what) { return subscribe(what); },
        [this](unsubscribe_atom, const subscription_ptr& what) {
          return unsubscribe(what);
        },
        [this](traits_atom) { return driver_->promises(); },
        [this](address_atom) { return driver_->address(); },
        [this](published& x) {
          auto found = publishes_.find(x.number);
          if (found == publishes_.end())
            return;
          auto promise = std::move(found->second);
          publishes_.erase(found);
          if (x.outcome)
            promise.deliver(caf::ok_atom::value);
          else
            promise.deliver(to_caf(std::move(x.outcome.error())));
        },
        [this](subscribed& x) { finish(x); },
    };
  }

private:
  using ok_result = caf::result<caf::ok_atom>;

  struct open_subscribe {
    caf::response_promise promise;
    sink_actor sink;
  };

  ok_result publish(event_ptr& what) {
    auto number = ++last_number_;
    publishes_.emplace(number, make_response_promise());
    driver_->publish(std::move(what), [number, self = caf::actor_cast<driving_actor>(
                                                   this)](expected<void> x) {
      caf::anon_send(self, published{number, std::move(x)});
    });
    return caf::delegated<caf::ok_atom>{};
  }

  caf::result<subscription_ptr> subscribe(subscribe_request& what) {
    auto number = ++last_number_;
    subscribes_.emplace(number, open_subscribe{make_response_promise(), what.sink});
    driver_->subscribe(std::move(what),
                       [number, self = caf::actor_cast<driving_actor>(this)](
                           expected<subscription_ptr> x) {
                         caf::anon_send(self, subscribed{number, std::move(x)});
                       });
    return caf::delegated<subscription_ptr>{};
  }

  void finish(subscribed& x) {
    auto found = subscribes_.find(x.number);
    if (found == subscribes_.end())
      return;
    auto open = std::move(found->second);
    subscribes_.erase(found);
    if (!x.outcome) {
      open.promise.deliver(to_caf(std::move(x.outcome.error())));
      return;
    }
    // Downward: we outlive the sinks. Once each: one demonitor ends them all.
    if (!watches(open.sink))
      monitor(open.sink);
    subscriptions_.emplace(*x.outcome, open.sink);
    open.promise.deliver(std::move(*x.outcome));
  }

  ok_result unsubscribe(const subscription_ptr& what) {
    auto found = subscriptions_.find(what);
    if (found == subscriptions_.end())
      return caf::ok_atom::value;
    auto sink = std::move(found->second);
    subscriptions_.erase(found);
    if (!watches(sink))
      demonitor(sink.address());
    driver_->unsubscribe(what, false);
    return caf::ok_atom::value;
  }

  bool watches(const sink_actor& sink) const {
    return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                       [&](const auto& x) { return x.second == sink; });
  }

  void forget(const caf::actor_addr& sink) {
    std::erase_if(subscriptions_, [&](const auto& x) {
      if (x.second != sink)
        return false;
      driver_->unsubscribe(x.first, true);
      return true;
    });
  }

  const std::shared_ptr<driver> driver_;
  uint64_t last_number_ = 0;
  std::unordered_map<uint64_t, caf::response_promise> publishes_;
  std::unordered_map<uint64_t, open_subscribe> subscribes_;
  std::map<subscription_ptr, sink_actor> subscriptions_;
};

} // namespace

broker_ref spawn_driver(caf::actor_system& system, std::shared_ptr<driver> what) {
  auto actor = system.spawn<driver_actor, caf::detached>(what);
  return {caf::actor_cast<broker_actor>(actor), std::move(what)};
}

} // namespace mica::broker
