#include "broker/publish_desk.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <string>
#include <vector>

namespace mica::detail {

namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;

// How late a publish may learn that its time is over.
constexpr auto tick_time = std::chrono::milliseconds{20};

class publish_desk : public net::in_io_thread<caf::event_based_actor> {
public:
  publish_desk(caf::actor_config& cfg, std::string service)
    : in_io_thread(cfg),
      service_(std::move(service)) {
    // nop
  }

  const char* name() const override {
    return "publish-desk";
  }

  void on_exit() override {
    for (const auto& x : std::exchange(waiting_, {}))
      if (auto outcome = x.first.lock())
        outcome->tell(error{errc::unavailable, service_ + " was stopped", service_});
  }

  caf::behavior make_behavior() override {
    net::init_actor(this);
    return {
        [](continuation& x) { x.run(); },
        [this](publish_deadline& x) {
          if (x.outcome->told())
            return;
          waiting_.emplace_back(x.outcome, x.when);
          arm();
        },
        [this](publish_task& x) {
          request(x.to, caf::infinite, broker::publish_atom::value, std::move(x.what))
              .then([done = x.done](caf::ok_atom) { done({}); },
                    [done = x.done](caf::error& problem) { done(from_caf(problem)); });
        },
        [this](connect_task& x) {
          request(x.to, caf::infinite, broker::connect_atom::value)
              .then([done = x.done](caf::ok_atom) { done({}); },
                    [done = x.done](caf::error& problem) { done(from_caf(problem)); });
        },
        [this](caller::start& start) {
          auto promise = make_response_promise<continuation>();
          start([promise](std::function<void()> run) mutable {
            promise.deliver(continuation{std::move(run)});
          });
          return promise;
        },
        [this](tick_atom) { on_tick(); },
    };
  }

private:
  void arm() {
    if (!std::exchange(armed_, true))
      delayed_send(this, tick_time, tick_atom::value);
  }

  void on_tick() {
    armed_ = false;
    auto now = clock().now();
    std::erase_if(waiting_, [&](const auto& x) {
      auto outcome = x.first.lock();
      if (outcome && !outcome->told() && x.second <= now)
        outcome->tell(publish_timeout(service_));
      return !outcome || outcome->told();
    });
    if (!waiting_.empty())
      arm();
  }

  const std::string service_;
  /// Weak: one that was told need not wait for its time. As many as brokers let wait.
  std::vector<
      std::pair<std::weak_ptr<publish_outcome>, std::chrono::steady_clock::time_point>>
      waiting_;
  bool armed_ = false;
};

} // namespace

error publish_timeout(const std::string& service) {
  return {errc::timeout,
          "the broker did not answer in time; the event may still arrive "
          "(publish_options::deadline)",
          service};
}

caf::actor spawn_publish_desk(caf::actor_system& system, std::string service) {
  return system.spawn<publish_desk>(std::move(service));
}

} // namespace mica::detail
