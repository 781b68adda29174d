#include "contract/broker_world.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>

namespace mica::test {

using namespace broker;

void change_signal::notify() {
  std::lock_guard guard{mtx_};
  ++changes_;
  changed_.notify_all();
}

bool change_signal::await(caf::timespan limit, const std::function<bool()>& holds) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    std::unique_lock guard{mtx_};
    auto seen = changes_;
    guard.unlock();
    auto now = std::chrono::steady_clock::now();
    if (holds())
      return true;
    if (now >= deadline)
      return false;
    guard.lock();
    changed_.wait_until(guard, std::min(deadline, now + std::chrono::milliseconds{5}),
                        [&] { return changes_ != seen; });
  }
}

event_recorder::event_recorder(caf::actor_system& system, bool settle,
                               change_signal_ptr changed)
  : list_(std::make_shared<shared_list>()) {
  list_->settle = settle;
  sink_ = system.spawn(
      [changed = std::move(changed)](
          sink_actor::pointer,
          std::shared_ptr<shared_list> list) -> sink_actor::behavior_type {
        return {[list, changed](const delivery& x) {
          bool settle_now = false;
          {
            std::lock_guard guard{list->mtx};
            list->items.push_back(x);
            settle_now = list->settle;
          }
          if (settle_now)
            x.from->settle(x.tag, verdict::ack);
          changed->notify();
        }};
      },
      list_);
}

std::vector<delivery> event_recorder::taken() const {
  std::lock_guard guard{list_->mtx};
  return list_->items;
}

size_t event_recorder::count() const {
  std::lock_guard guard{list_->mtx};
  return list_->items.size();
}

std::vector<std::string> event_recorder::bodies() const {
  std::vector<std::string> result;
  for (const auto& x : taken())
    result.push_back(x.what->body);
  return result;
}

void event_recorder::settle(size_t index, verdict how) const {
  auto what = taken().at(index);
  what.from->settle(what.tag, how);
}

void event_recorder::settle_all_from_now() {
  std::lock_guard guard{list_->mtx};
  list_->settle = true;
}

size_t pending_publish::calls() const {
  std::lock_guard guard{state_->mtx};
  return state_->calls;
}

bool pending_publish::succeeded() const {
  std::lock_guard guard{state_->mtx};
  return state_->calls > 0 && state_->outcome;
}

errc pending_publish::reason() const {
  std::lock_guard guard{state_->mtx};
  return state_->outcome.error().reason;
}

void pending_publish::tell(expected<void> outcome) const {
  {
    std::lock_guard guard{state_->mtx};
    ++state_->calls;
    state_->outcome = std::move(outcome);
  }
  changed_->notify();
}

broker_world::broker_world(broker_expectations expectations)
  : expectations_(std::move(expectations)),
    suffix_(std::to_string(std::random_device{}() % 1'000'000'000)) {
  // nop
}

broker_world::~broker_world() {
  // nop
}

void broker_world::stop_server() {
  throw std::logic_error{"this world has no server"};
}

void broker_world::start_server() {
  throw std::logic_error{"this world has no server"};
}

void broker_world::use(broker_ref broker, broker_ref other) {
  broker_ = std::move(broker);
  other_ = std::move(other);
}

std::string broker_world::topic(const std::string& name) const {
  return name + '-' + suffix_;
}

std::string broker_world::queue(const std::string& name) const {
  return name + '-' + suffix_;
}

expected<caf::ok_atom> broker_world::connect(const broker_ref& to) {
  return ask<caf::ok_atom>(to, connect_atom::value);
}

expected<caf::ok_atom> broker_world::disconnect(const broker_ref& from) {
  return ask<caf::ok_atom>(from, disconnect_atom::value);
}

expected<caf::ok_atom> broker_world::publish(const broker_ref& at, event_ptr what) {
  return ask<caf::ok_atom>(at, publish_atom::value, std::move(what));
}

expected<caf::ok_atom> broker_world::publish(const std::string& topic,
                                             const std::string& body) {
  return publish(broker_, make_event(topic, body));
}

pending_publish broker_world::start_publish(const broker_ref& at, event_ptr what) {
  pending_publish result{changed_};
  if (at.direct) {
    at.direct->publish(std::move(what),
                       [result](expected<void> x) { result.tell(std::move(x)); });
    deliver();
    return result;
  }
  // The actor ends with the answer.
  system().spawn<caf::hidden>(
      [](caf::event_based_actor* self, const broker_actor& to, event_ptr event,
         pending_publish outcome) {
        self->request(to, caf::infinite, publish_atom::value, std::move(event))
            .then([outcome](caf::ok_atom) { outcome.tell({}); },
                  [outcome](const caf::error& x) { outcome.tell(from_caf(x)); });
      },
      at.actor, std::move(what), result);
  deliver();
  return result;
}

expected<subscription_ptr> broker_world::subscribe(const broker_ref& at,
                                                   const event_recorder& to,
                                                   const std::string& topic,
                                                   const std::string& queue,
                                                   size_t prefetch) {
  return ask<subscription_ptr>(at, subscribe_atom::value,
                               subscribe_request{topic, queue, prefetch, to.sink()});
}

expected<caf::ok_atom> broker_world::unsubscribe(const broker_ref& at,
                                                 const subscription_ptr& what) {
  return ask<caf::ok_atom>(at, unsubscribe_atom::value, what);
}

event_recorder broker_world::record(bool settle) {
  event_recorder result{system(), settle, changed_};
  sinks_.push_back(result.sink());
  return result;
}

void broker_world::end(const event_recorder& what) {
  end_actor(caf::actor_cast<caf::strong_actor_ptr>(what.sink()));
  deliver();
}

event_ptr broker_world::make_event(const std::string& topic, std::string body,
                                   metadata extra) const {
  static std::atomic<uint64_t> number{0};
  auto result = std::make_shared<event>();
  result->topic = topic;
  result->body = std::move(body);
  result->headers = std::move(extra);
  if (!result->headers.contains("Content-Type"))
    result->headers.add("Content-Type", "application/octet-stream");
  result->headers.add("Micro-Topic", topic);
  result->headers.add("Micro-Id", suffix_ + '-' + std::to_string(++number));
  return result;
}

void broker_world::end_actor(const caf::strong_actor_ptr& who) {
  auto actor = caf::actor_cast<caf::actor>(who);
  self()->monitor(actor);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  wait_for_reply();
  self()->receive([](const caf::down_msg&) {});
}

void broker_world::end_all() {
  for (auto* x : {&broker_, &other_})
    if (x->actor) {
      end_actor(caf::actor_cast<caf::strong_actor_ptr>(x->actor));
      *x = {};
    }
  for (const auto& x : std::exchange(sinks_, {}))
    end_actor(caf::actor_cast<caf::strong_actor_ptr>(x));
}

} // namespace mica::test
