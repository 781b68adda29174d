// The actor around the topics: it knows who subscribed through it, and the time.

#include "broker/memory/memory_outlet.hpp"
#include "mica/actors/brokers.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace mica::broker::memory {

namespace {

constexpr auto where = "mica.broker.memory";

// How late a publish that waits may learn that its time is over.
constexpr auto tick_time = std::chrono::milliseconds{50};

// Lines about events that nobody waits for: one a second.
constexpr auto report_time = std::chrono::seconds{1};

/// The outcome of a publish that came as a message and was not over at once.
struct published {
  uint64_t number;
  expected<void> outcome;
};

} // namespace

} // namespace mica::broker::memory

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::memory::published)

namespace mica::broker::memory {

namespace {

using memory_actor =
    broker_actor::extend<caf::reacts_to<tick_atom>, caf::reacts_to<published>>;

class memory_broker_actor : public net::at_home<memory_actor::base> {
public:
  using report_function = std::function<void(const std::string&)>;

  memory_broker_actor(caf::actor_config& cfg, std::shared_ptr<memory_outlet> out,
                      report_function report)
    : at_home(cfg),
      out_(std::move(out)),
      report_(std::move(report)) {
    // nop
  }

  const char* name() const override {
    return "memory-broker";
  }

  void on_exit() override {
    out_->connected = false;
    end_subscriptions();
    error gone{errc::unavailable, "the memory broker has ended", where};
    for (const auto& x : std::exchange(leaving_, {}))
      x->home().reclaim(*x);
    for (auto& [number, promise] : std::exchange(publishes_, {}))
      promise.deliver(to_caf(gone));
    if (auto promise = std::exchange(flushing_, std::nullopt))
      promise->deliver(to_caf(gone));
  }

  behavior_type make_behavior() override;

private:
  using ok_result = caf::result<caf::ok_atom>;

  ok_result publish(event_ptr& what);
  caf::result<subscription_ptr> subscribe(subscribe_request& what);
  bool watches(const sink_actor& sink) const;
  void end(const caf::actor_addr& sink);
  void end(const member_ptr& who);
  void end_subscriptions();
  ok_result disconnect();
  void on_tick();
  void finish_flush();
  void report_lost();

  std::shared_ptr<memory_outlet> out_;
  report_function report_;
  std::unordered_map<const subscription*, member_ptr> members_;
  /// Unsubscribed, but not all is settled.
  std::vector<member_ptr> leaving_;
  uint64_t last_publish_ = 0;
  std::unordered_map<uint64_t, caf::response_promise> publishes_;
  std::optional<caf::response_promise> flushing_;
  std::optional<time_point> last_report_;
};

memory_actor::behavior_type memory_broker_actor::make_behavior() {
  net::init_actor(this);
  set_down_handler([this](caf::down_msg& x) { end(x.source); });
  return {
      [this](publish_atom, event_ptr& what) { return publish(what); },
      [this](subscribe_atom, subscribe_request& x) { return subscribe(x); },
      [this](unsubscribe_atom, const subscription_ptr& x) -> ok_result {
        if (auto found = members_.find(x.get()); found != members_.end()) {
          auto who = std::move(found->second);
          members_.erase(found);
          end(who);
        }
        return caf::ok_atom::value;
      },
      [this](connect_atom) -> ok_result {
        out_->connected = true;
        return caf::ok_atom::value;
      },
      [this](disconnect_atom) { return disconnect(); },
      [](traits_atom) { return traits{.name = "memory", .redelivers = true}; },
      [this](address_atom) -> std::string {
        return out_->connected ? "memory" : std::string{};
      },
      [this](tick_atom) { on_tick(); },
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
  };
}

memory_broker_actor::ok_result memory_broker_actor::publish(event_ptr& what) {
  auto number = ++last_publish_;
  publishes_.emplace(number, make_response_promise());
  out_->publish(std::move(what),
                [number, to = caf::actor_cast<memory_actor>(this)](expected<void> x) {
                  caf::anon_send(to, published{number, std::move(x)});
                });
  return caf::delegated<caf::ok_atom>{};
}

caf::result<subscription_ptr> memory_broker_actor::subscribe(subscribe_request& what) {
  if (!out_->connected)
    return to_caf(
        error{errc::unavailable,
              "topic " + what.topic
                  + ": the memory broker is not connected; send connect first",
              where});
  auto made = out_->bus->subscribe(std::move(what));
  if (!made)
    return to_caf(std::move(made.error()));
  // Downward: we outlive the sinks. Once each: CAF keeps one entry per call, and one
  // demonitor ends them all.
  if (!watches((*made)->sink()))
    monitor((*made)->sink());
  members_.emplace(made->get(), *made);
  return subscription_ptr{std::move(*made)};
}

bool memory_broker_actor::watches(const sink_actor& sink) const {
  auto same = [&](const member_ptr& x) { return x->sink() == sink; };
  return std::any_of(members_.begin(), members_.end(),
                     [&](const auto& x) { return same(x.second); })
         || std::any_of(leaving_.begin(), leaving_.end(), same);
}

void memory_broker_actor::end(const caf::actor_addr& sink) {
  std::erase_if(members_, [&](const auto& x) {
    if (x.second->sink() != sink)
      return false;
    end(x.second);
    return true;
  });
  std::erase_if(leaving_, [&](const member_ptr& x) {
    if (x->sink() != sink)
      return false;
    x->home().reclaim(*x);
    return true;
  });
}

void memory_broker_actor::end(const member_ptr& who) {
  const auto& queue = who->home();
  if (!out_->bus->unsubscribe(who) && report_)
    report_("memory broker: what queue " + queue.queue() + " of topic " + queue.topic()
            + " had not settled is dropped: "
            + std::to_string(out_->bus->limits().kept_queues)
            + " queues wait for a subscriber (memory_options::kept_queues)");
  // Until its sink ends: then the rest goes to others.
  std::erase_if(leaving_, [](const member_ptr& x) { return !x->busy(); });
  leaving_.push_back(who);
}

void memory_broker_actor::end_subscriptions() {
  for (auto& [key, who] : std::exchange(members_, {}))
    end(who);
}

// What waits ends by its own deadline, which is the flush limit.
memory_broker_actor::ok_result memory_broker_actor::disconnect() {
  out_->connected = false;
  end_subscriptions();
  if (out_->book->waiting == 0)
    return caf::ok_atom::value;
  if (flushing_)
    return to_caf(
        error{errc::conflict, "the memory broker disconnects already", where});
  out_->book->failed = 0;
  flushing_ = make_response_promise();
  return caf::delegated<caf::ok_atom>{};
}

void memory_broker_actor::finish_flush() {
  if (!flushing_ || out_->book->waiting > 0)
    return;
  auto promise = *std::exchange(flushing_, std::nullopt);
  auto failed = out_->book->failed.exchange(0);
  if (failed == 0)
    promise.deliver(caf::ok_atom::value);
  else
    promise.deliver(to_caf(error{errc::timeout,
                                 std::to_string(failed)
                                     + " events found no room in time and were not "
                                       "delivered (memory_options::publish_wait)",
                                 where}));
}

void memory_broker_actor::report_lost() {
  auto now = clock().now();
  if (out_->book->lost == 0 || (last_report_ && now - *last_report_ < report_time))
    return;
  last_report_ = now;
  auto count = out_->book->lost.exchange(0);
  if (report_)
    report_("memory broker: " + std::to_string(count)
            + " posted events were not taken: no room in time, too large or not "
              "connected; publish() says why");
}

void memory_broker_actor::on_tick() {
  out_->armed = false;
  out_->bus->expire(clock().now());
  report_lost();
  finish_flush();
  if ((out_->book->waiting > 0 || out_->book->lost > 0) && !out_->armed.exchange(true))
    delayed_send(this, tick_time, tick_atom::value);
}

} // namespace

} // namespace mica::broker::memory

namespace mica {

broker_source memory_broker(memory_options options) {
  using namespace broker::memory;
  // Shared by whoever makes a broker of this source.
  auto bus = std::make_shared<topic_bus>(options);
  return {"memory",
          [bus](caf::actor_system& system,
                const broker_environment& env) -> expected<broker::broker_ref> {
            auto out = std::make_shared<memory_outlet>(
                bus, [&system] { return system.clock().now(); });
            auto actor = system.spawn<memory_broker_actor>(out, env.report);
            out->actor = caf::actor_cast<caf::weak_actor_ptr>(actor);
            return broker::broker_ref{caf::actor_cast<broker::broker_actor>(actor),
                                      std::move(out)};
          }};
}

} // namespace mica
