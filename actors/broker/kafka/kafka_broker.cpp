// Kafka by librdkafka.

#include "broker/driver/driver.hpp"
#include "broker/driver/tally.hpp"
#include "broker/kafka/member.hpp"
#include "broker/kafka/names.hpp"
#include "broker/kafka/producer.hpp"
#include "mica/actors/brokers.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <shared_mutex>
#include <utility>

namespace mica::broker::kafka {

namespace {

using std::chrono::steady_clock;

// Go Micro's plugin takes a UUID; what counts is that nobody else has it.
std::string unique_group() {
  std::random_device source;
  std::string result = "mica";
  for (auto i = 0; i < 4; ++i)
    result += '-' + std::to_string(source());
  return result;
}

class kafka_driver : public driver {
public:
  kafka_driver(kafka_options options, broker_environment env)
    : options_(std::move(options)),
      env_(std::move(env)),
      unheard_(env_.report),
      producer_(options_, env_) {
    // nop
  }

  ~kafka_driver() override {
    static_cast<void>(disconnect());
  }

  expected<void> connect() override {
    auto result = producer_.open();
    std::unique_lock guard{mtx_};
    connected_ = producer_.is_open();
    return result;
  }

  expected<void> disconnect() override {
    {
      // Once we have it, no publish is under way.
      std::unique_lock guard{mtx_};
      connected_ = false;
    }
    auto members = take_members();
    for (const auto& x : members)
      x->end(true);
    auto left = producer_.close(options_.flush_time);
    for (const auto& x : members)
      x->join();
    if (left == 0)
      return {};
    return error{errc::timeout,
                 std::to_string(left)
                     + " events were not sent in time "
                       "(kafka_options::flush_time)",
                 "mica.broker.kafka"};
  }

  void publish(event_ptr what, publish_done done) override {
    if (!done)
      done = [this, topic = what->topic](expected<void> x) {
        if (!x)
          unheard_.add("kafka broker: an event on " + topic
                           + " was not stored: " + x.error().detail,
                       steady_clock::now());
      };
    if (auto fine = check_topic(what->topic); !fine)
      return done(std::move(fine));
    if (what->body.size() > options_.event_bytes)
      return done(error{errc::limit_exceeded,
                        "the event has " + std::to_string(what->body.size())
                            + " bytes; at most " + std::to_string(options_.event_bytes)
                            + " are sent (kafka_options::event_bytes)"});
    expected<void> taken =
        error{errc::unavailable, "the kafka broker is not connected"};
    {
      std::shared_lock guard{mtx_};
      if (connected_)
        taken = producer_.publish(*what, done);
    }
    if (!taken)
      done(std::move(taken));
  }

  void subscribe(subscribe_request what, subscribe_done done) override {
    if (auto fine = check(what); !fine)
      return done(std::move(fine.error()));
    if (!connected_)
      return done(error{errc::unavailable, "the kafka broker is not connected"});
    // Who may not make topics may read such as are there.
    if (auto made = producer_.make_topic(what.topic);
        !made && made.error().reason != errc::permission_denied)
      return done(std::move(made.error()));
    auto group = what.queue.empty() ? unique_group() : what.queue;
    auto result =
        std::make_shared<member>(std::move(what), std::move(group), options_, env_);
    if (auto begun = result->begin(done); !begun)
      return done(std::move(begun.error()));
    std::lock_guard guard{members_mtx_};
    std::erase_if(members_, [](const auto& x) { return x->has_left(); });
    members_.insert(std::move(result));
  }

  void unsubscribe(const subscription_ptr& what, bool abandoned) override {
    if (auto x = std::dynamic_pointer_cast<member>(what))
      x->end(abandoned);
  }

  traits promises() const override {
    return {.name = "kafka",
            .at_least_once = true,
            .redelivers = true,
            .keeps = true,
            .ordered = false};
  }

  std::string address() const override {
    if (!connected_)
      return {};
    auto all = addresses(options_, env_);
    return all ? all->substr(0, all->find(',')) : std::string{};
  }

private:
  static expected<void> check(const subscribe_request& what) {
    if (auto fine = check_topic(what.topic); !fine)
      return fine;
    if (what.prefetch == 0 || what.prefetch > max_prefetch)
      return error{errc::invalid_argument,
                   "prefetch is 1 to " + std::to_string(max_prefetch)};
    return check_queue(what.queue);
  }

  std::set<std::shared_ptr<member>> take_members() {
    std::lock_guard guard{members_mtx_};
    return std::exchange(members_, {});
  }

  const kafka_options options_;
  const broker_environment env_;
  tally unheard_;
  producer producer_;
  mutable std::shared_mutex mtx_;
  std::atomic<bool> connected_{false};
  std::mutex members_mtx_;
  std::set<std::shared_ptr<member>> members_;
};

} // namespace

} // namespace mica::broker::kafka

namespace mica {

broker_source kafka_broker(kafka_options options) {
  return {"kafka",
          [options](caf::actor_system& system,
                    const broker_environment& env) -> expected<broker::broker_ref> {
            return broker::spawn_driver(
                system, std::make_shared<broker::kafka::kafka_driver>(options, env));
          }};
}

} // namespace mica
