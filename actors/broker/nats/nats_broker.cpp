// Core NATS, as Go Micro's broker uses it.

#include "broker/driver/driver.hpp"
#include "broker/driver/tally.hpp"
#include "broker/nats/core_subscription.hpp"
#include "broker/nats/link.hpp"
#include "broker/nats/pump.hpp"
#include "broker/nats/subjects.hpp"
#include "mica/actors/brokers.hpp"
#include "mica/codecs/event_json.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <utility>

namespace mica::broker::nats {

namespace {

using std::chrono::steady_clock;

class nats_driver : public driver {
public:
  nats_driver(nats_options options, broker_environment env)
    : options_(std::move(options)),
      env_(std::move(env)),
      link_("nats", options_, env_),
      unheard_(env_.report),
      pump_({options_.waiting_events, options_.waiting_bytes, options_.waiting_events,
             options_.publish_time},
            {.up = [this] { return link_.up(); },
             .away = [this] { return link_.away(); },
             .incarnation = [this] { return link_.incarnation(); },
             .write = [this](const parcel& x) { return write(x); },
             .confirm = [this](auto limit) { return link_.flush(limit); },
             .urgent = {},
             .tick = {}}) {
    // nop
  }

  ~nats_driver() override {
    static_cast<void>(disconnect());
  }

  expected<void> connect() override {
    auto opened = link_.open(
        {.up = [this] { pump_.wake(true); }, .down = {}, .report = env_.report});
    if (!link_.is_open())
      return opened;
    pump_.start();
    connected_ = true;
    return opened;
  }

  expected<void> disconnect() override {
    connected_ = false;
    for (const auto& x : std::exchange(subscriptions_, {}))
      x->end();
    auto left = pump_.stop(options_.flush_time);
    link_.close();
    if (left == 0)
      return {};
    return error{errc::timeout,
                 std::to_string(left) + " events were not sent in time (flush_time)",
                 "mica.broker.nats"};
  }

  void publish(event_ptr what, publish_done done) override {
    if (!done)
      done = [this, topic = what->topic](expected<void> x) {
        if (!x)
          unheard_.add("nats broker: an event on " + topic
                           + " was not sent: " + x.error().detail,
                       steady_clock::now());
      };
    if (auto fine = check_topic(what->topic); !fine)
      return done(std::move(fine));
    if (!connected_)
      return done(error{errc::unavailable, "the nats broker is not connected"});
    if (what->body.size() > options_.event_bytes)
      return done(error{errc::limit_exceeded,
                        "the event has " + std::to_string(what->body.size())
                            + " bytes; at most " + std::to_string(options_.event_bytes)
                            + " are sent (nats_options::event_bytes)"});
    auto x = std::make_shared<parcel>();
    x->subject = what->topic;
    x->bytes = write_event_json(what->headers, what->body);
    x->done = std::move(done);
    pump_.publish(std::move(x));
  }

  void subscribe(subscribe_request what, subscribe_done done) override {
    done(make(std::move(what)));
  }

  void unsubscribe(const subscription_ptr& what, bool) override {
    if (auto x = std::dynamic_pointer_cast<core_subscription>(what);
        x && subscriptions_.erase(x) > 0)
      x->end();
  }

  traits promises() const override {
    return {.name = "nats"};
  }

  std::string address() const override {
    return link_.address();
  }

private:
  expected<subscription_ptr> make(subscribe_request&& what) {
    if (auto fine = check_topic(what.topic); !fine)
      return std::move(fine.error());
    if (auto fine = check_queue(what.queue); !fine)
      return std::move(fine.error());
    if (what.prefetch == 0 || what.prefetch > max_prefetch)
      return error{errc::invalid_argument,
                   "prefetch is 1 to " + std::to_string(max_prefetch)};
    if (!link_.up())
      return link_.away();
    auto result =
        std::make_shared<core_subscription>(std::move(what), options_, env_.report);
    if (auto begun = result->begin(link_); !begun)
      return std::move(begun.error());
    subscriptions_.insert(result);
    return subscription_ptr{std::move(result)};
  }

  expected<void> write(const parcel& x) const {
    auto s = natsConnection_Publish(link_.get(), x.subject.c_str(), x.bytes.data(),
                                    static_cast<int>(x.bytes.size()));
    if (s == NATS_OK)
      return {};
    return to_error(s, "publishing on " + x.subject);
  }

  const nats_options options_;
  const broker_environment env_;
  link link_;
  tally unheard_;
  pump pump_;
  std::atomic<bool> connected_{false};
  std::set<std::shared_ptr<core_subscription>> subscriptions_;
};

} // namespace

} // namespace mica::broker::nats

namespace mica {

broker_source nats_broker(nats_options options) {
  return {"nats",
          [options](caf::actor_system& system,
                    const broker_environment& env) -> expected<broker::broker_ref> {
            return broker::spawn_driver(
                system, std::make_shared<broker::nats::nats_driver>(options, env));
          }};
}

} // namespace mica
