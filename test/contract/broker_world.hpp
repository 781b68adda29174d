// What the broker contract needs to know of an implementation, and its hands.

#pragma once

#include "mica/actors/broker.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/duration.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mica::test {

/// In what one broker may differ from another, besides its own `broker::traits`.
struct broker_expectations {
  /// What it answers to `traits_atom`.
  broker::traits promises;
  /// How long a published event may take until its subscriber has it; zero if it is
  /// there when the publish was answered. A limit, not a delay.
  caf::timespan settle{0};
  /// How long a case watches that nothing more comes; zero where nothing can.
  caf::timespan quiet{0};
  /// How long what was left unsettled, or given back, may take to come again.
  caf::timespan redelivery{0};
  /// How long a broker that came back may take until its clients are back.
  caf::timespan recovery{0};
  /// Body of the largest event that must arrive; of one that must be refused with
  /// `errc::limit_exceeded`, 0 for no such test.
  size_t large_bytes = 1'000'000;
  size_t too_large_bytes = 0;
  /// Events of the cases that publish many.
  size_t many = 1'000;
  /// A topic that this broker can't have: `errc::invalid_argument`. Empty: none but the
  /// empty one.
  std::string bad_topic = {};
  /// False where a publisher's headers come back with names in another case.
  bool exact_header_names = true;
};

/// Wakes who waits for something that other threads do. One of a world.
class change_signal {
public:
  void notify();

  /// Returns true as soon as `holds()` does, false if it does not within `limit`. Looks
  /// after each `notify`, and at least every 5 ms for what nobody announces.
  bool await(caf::timespan limit, const std::function<bool()>& holds);

private:
  std::mutex mtx_;
  std::condition_variable changed_;
  uint64_t changes_ = 0;
};

using change_signal_ptr = std::shared_ptr<change_signal>;

/// A sink that keeps what it is given.
class event_recorder {
public:
  /// @param settle each delivery at once with `ack`.
  event_recorder(caf::actor_system& system, bool settle, change_signal_ptr changed);

  const broker::sink_actor& sink() const {
    return sink_;
  }

  /// Every delivery so far, oldest first.
  std::vector<broker::delivery> taken() const;

  size_t count() const;

  /// Bodies in the order of their arrival.
  std::vector<std::string> bodies() const;

  /// Settles the `index`th delivery.
  void settle(size_t index, broker::verdict how = broker::verdict::ack) const;

  /// From now on each delivery is settled at once.
  void settle_all_from_now();

private:
  struct shared_list {
    std::mutex mtx;
    std::vector<broker::delivery> items;
    bool settle = false;
  };

  std::shared_ptr<shared_list> list_;
  broker::sink_actor sink_;
};

/// What becomes of a publish that nobody waits for. Copies share it.
class pending_publish {
public:
  explicit pending_publish(change_signal_ptr changed) : changed_(std::move(changed)) {
    // nop
  }

  /// How often an outcome was told.
  size_t calls() const;

  bool succeeded() const;

  /// Of a failure, once there is one.
  errc reason() const;

  void tell(expected<void> outcome) const;

private:
  struct shared_state {
    std::mutex mtx;
    size_t calls = 0;
    expected<void> outcome;
  };

  std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
  change_signal_ptr changed_;
};

/// A broker in its surroundings. Derive from `virtual_broker_world` or
/// `real_broker_world` and call `use` in the constructor.
class broker_world {
public:
  explicit broker_world(broker_expectations expectations);
  broker_world(const broker_world&) = delete;
  broker_world& operator=(const broker_world&) = delete;
  virtual ~broker_world();

  virtual caf::actor_system& system() = 0;
  virtual caf::scoped_actor& self() = 0;

  /// Delivers what was sent; returns at once where actors run by themselves.
  virtual void deliver() = 0;

  /// Returns true as soon as `holds()` does, false if it does not within `limit`.
  /// Virtual time jumps, real time is waited for.
  virtual bool within(caf::timespan limit, const std::function<bool()>& holds) = 0;

  /// `within` the settle time.
  bool eventually(const std::function<bool()>& holds) {
    return within(expectations_.settle, holds);
  }

  /// Lets the quiet time pass.
  void watch_quietly() {
    within(expectations_.quiet, [] { return false; });
  }

  /// Stops the broker's server by force, and starts it again with what it kept. Only
  /// where `has_server`.
  virtual bool has_server() {
    return false;
  }
  virtual void stop_server();
  virtual void start_server();

  const broker_expectations& expectations() const {
    return expectations_;
  }

  const broker::traits& promises() const {
    return expectations_.promises;
  }

  /// Names two brokers that see each other, e.g. two clients of one server. They are
  /// connected by the cases and ended with the world.
  void use(broker::broker_ref broker, broker::broker_ref other);

  const broker::broker_ref& broker() const {
    return broker_;
  }

  const broker::broker_ref& other() const {
    return other_;
  }

  /// A topic that no other case and no other process uses: servers may be shared.
  std::string topic(const std::string& name = "events") const;

  /// A queue's name, as `topic`.
  std::string queue(const std::string& name = "workers") const;

  expected<caf::ok_atom> connect(const broker::broker_ref& to);
  expected<caf::ok_atom> disconnect(const broker::broker_ref& from);

  /// Publishes by a message.
  expected<caf::ok_atom> publish(const broker::broker_ref& at, event_ptr what);
  expected<caf::ok_atom> publish(const std::string& topic, const std::string& body);

  /// Starts a publish through the outlet, or by a message where there is none.
  pending_publish start_publish(const broker::broker_ref& at, event_ptr what);

  expected<broker::subscription_ptr> subscribe(const broker::broker_ref& at,
                                               const event_recorder& to,
                                               const std::string& topic,
                                               const std::string& queue = {},
                                               size_t prefetch = 256);
  expected<caf::ok_atom> unsubscribe(const broker::broker_ref& at,
                                     const broker::subscription_ptr& what);

  event_recorder record(bool settle = true);

  /// Ends a sink and waits until it is gone.
  void end(const event_recorder& what);

  /// An event with `Content-Type`, `Micro-Topic` and `Micro-Id`, as a publisher makes.
  event_ptr make_event(const std::string& topic, std::string body,
                       metadata extra = {}) const;

  /// Sends a request and returns its reply.
  template <class T, class... Ts>
  expected<T> ask(const broker::broker_ref& to, Ts&&... xs) {
    auto pending = self()->request(to.actor, patience(), std::forward<Ts>(xs)...);
    wait_for_reply();
    expected<T> result{error{errc::internal, "no answer"}};
    pending.receive([&](T& x) { result = std::move(x); },
                    [&](caf::error& x) { result = from_caf(x); });
    return result;
  }

protected:
  /// After which a request counts as unanswered.
  virtual caf::duration patience() const = 0;

  /// Lets a request be answered: delivers messages, and virtual time if it must.
  virtual void wait_for_reply() {
    deliver();
  }

  /// What recorders and publishes notify.
  change_signal& changed() const {
    return *changed_;
  }

  /// Ends the brokers and the recorders; to be called by the destructors of derived
  /// worlds.
  void end_all();

private:
  void end_actor(const caf::strong_actor_ptr& who);

  change_signal_ptr changed_ = std::make_shared<change_signal>();
  broker_expectations expectations_;
  broker::broker_ref broker_;
  broker::broker_ref other_;
  std::vector<broker::sink_actor> sinks_;
  std::string suffix_;
};

} // namespace mica::test
