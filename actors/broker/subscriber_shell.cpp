#include "broker/subscriber_shell.hpp"

#include "broker/delivery_core.hpp"
#include "broker/direct_reply.hpp"
#include "broker/event_headers.hpp"
#include "broker/line_limiter.hpp"
#include "function/one_shot.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

namespace mica::detail {

namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;

// A pending timer outlives its actor; none of ours does so for longer.
constexpr auto longest_timer = std::chrono::nanoseconds{std::chrono::seconds{1}};

/// How the publish of a dead letter went.
struct aside_outcome {
  uint64_t number;
  error why;
};

} // namespace

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::aside_outcome)

namespace mica::detail {

namespace {

template <class Base>
class subscriber_shell : public Base {
public:
  subscriber_shell(caf::actor_config& cfg, subscriber_setup setup)
    : Base(cfg),
      setup_(std::move(setup)),
      deliveries_(setup_.options),
      log_(setup_.report) {
    // nop
  }

  const char* name() const override {
    return "subscriber";
  }

  // What the object keeps may name this actor, e.g. settlements: neither would ever go.
  void on_exit() override {
    give_back();
    setup_.core->release();
    spare_ = nullptr;
    setup_.follows = nullptr;
    Base::on_exit();
  }

  caf::behavior make_behavior() override {
    net::init_actor(this);
    if (setup_.use)
      setup_.core->admit = [this] {
        return has_use_ || (has_use_ = setup_.use->take());
      };
    if (setup_.follows) {
      this->set_down_handler([this](const caf::down_msg&) { this->quit(); });
      this->monitor(setup_.follows);
    }
    return {
        [this](broker::delivery& x) {
          if (setup_.giving_back->load(std::memory_order_relaxed))
            x.from->settle(x.tag, broker::verdict::give_back);
          else if (setup_.use && setup_.use->taken())
            refuse(x);
          else
            serve(std::move(x), 1);
        },
        [this](late_verdict& x) {
          deferred_.erase(x.which);
          conclude(*x.which, std::move(x.why), false);
          tell_drained();
        },
        [this](continuation& x) { run(x); },
        [this](tick_atom) { on_tick(); },
        [this](aside_outcome& x) { after_aside(x); },
        [this](drain_atom) {
          draining_ = true;
          report_returned(deliveries_.give_back_waiting());
          drained_ = this->make_response_promise();
          tell_drained();
          return caf::delegated<caf::ok_atom>{};
        },
        [this](give_back_atom) {
          draining_ = true;
          give_back();
          tell_drained();
          return caf::ok_atom::value;
        },
    };
  }

private:
  time_point now() {
    return this->clock().now();
  }

  void serve(broker::delivery&& what, uint32_t attempt) {
    // One object serves all deliveries that are over when the handler returns.
    if (!spare_ || spare_.use_count() > 1)
      spare_ = std::make_shared<pending_event>(setup_.core->env(),
                                               caf::actor_cast<caf::actor>(this));
    auto& x = *spare_;
    x.reset(std::move(what), attempt);
    auto result = setup_.core->serve(spare_);
    if (result.what == handled::outcome::refused)
      return refuse(x.what);
    if (result.what == handled::outcome::deferred) {
      deferred_.insert(std::exchange(spare_, nullptr));
      return;
    }
    if (!x.claim()) {
      // Deferred and thrown: the verdict of the settlement is on its way.
      deferred_.insert(std::exchange(spare_, nullptr));
      return;
    }
    conclude(x, std::move(result.why), result.what == handled::outcome::hopeless);
  }

  // The function has been used for something else.
  void refuse(const broker::delivery& what) {
    if (auto* direct = dynamic_cast<direct_reply*>(what.from.get()))
      direct->fail(one_shot::refusal(setup_.core->env()->service));
    else
      what.from->settle(what.tag, broker::verdict::give_back);
  }

  void finish_use(const error& outcome) {
    if (has_use_)
      setup_.use->finish(outcome);
  }

  void conclude(pending_event& x, error why, bool hopeless) {
    auto what = std::exchange(x.what, {});
    if (!x.on_done.empty())
      guarded([&] { x.tell(why); });
    if (why)
      return fail(std::move(what), x.attempt, std::move(why), hopeless);
    what.from->settle(what.tag, broker::verdict::ack);
    finish_use({});
  }

  void fail(broker::delivery&& what, uint32_t attempt, error why, bool hopeless) {
    using fate = delivery_core::fate;
    if (auto* direct = dynamic_cast<direct_reply*>(what.from.get())) {
      finish_use(why);
      return direct->fail(std::move(why));
    }
    auto text = "event " + std::string{what.what->headers.get_or("Micro-Id", "?")}
                + " of topic " + what.what->topic + ", attempt "
                + std::to_string(attempt) + " of "
                + std::to_string(setup_.options.deliveries) + ": " + to_string(why);
    auto next = deliveries_.failed(std::move(what), attempt, why, hopeless, now());
    switch (next.what) {
      case fate::again:
        log_.line(std::move(text), now());
        if (draining_)
          report_returned(deliveries_.give_back_waiting());
        break;
      case fate::set_aside:
        log_.line(text + "; set aside on " + setup_.options.dead_letter, now());
        set_aside(next.number);
        break;
      case fate::dropped:
        log_.line(text
                      + "; dropped: name a topic for such in "
                        "subscribe_options::dead_letter",
                  now());
        if (!hopeless)
          finish_use(why);
        break;
    }
    arm();
  }

  void set_aside(uint64_t number) {
    const auto* x = deliveries_.find(number);
    if (x == nullptr)
      return;
    auto letter =
        make_dead_letter(*x->what.what, setup_.options.dead_letter, x->attempt, x->why);
    setup_.publish(std::move(letter), [number, to = caf::actor_cast<caf::actor>(this)](
                                          expected<void> outcome) {
      caf::anon_send(to, aside_outcome{number, std::move(outcome.error())});
    });
  }

  void after_aside(aside_outcome& x) {
    if (!x.why) {
      if (const auto* letter = deliveries_.find(x.number); letter && !letter->hopeless)
        finish_use(letter->why);
      deliveries_.set_aside_done(x.number);
    } else {
      log_.line("topic " + setup_.topic + ": the dead-letter topic "
                    + setup_.options.dead_letter + " takes nothing, "
                    + (draining_ ? "the event is given back: " : "trying again: ")
                    + to_string(x.why),
                now());
      deliveries_.set_aside_failed(x.number, now());
      if (draining_)
        report_returned(deliveries_.give_back_waiting());
    }
    tell_drained();
    arm();
  }

  void arm() {
    auto due = deliveries_.next_due();
    if (!due || (timer_ && *timer_ <= *due))
      return;
    auto start = now();
    timer_ = std::min(std::max(*due, start), start + longest_timer);
    this->delayed_send(this, *timer_ - start, tick_atom::value);
  }

  void on_tick() {
    timer_.reset();
    auto round = deliveries_.due(now());
    for (auto& x : round.again)
      serve(std::move(x.what), x.attempt);
    for (auto number : round.aside)
      set_aside(number);
    arm();
  }

  void give_back() {
    size_t count = 0;
    for (const auto& x : std::exchange(deferred_, {}))
      if (x->claim()) {
        auto what = std::exchange(x->what, {});
        what.from->settle(what.tag, broker::verdict::give_back);
        ++count;
      }
    report_returned(count + deliveries_.give_back_all());
  }

  void report_returned(size_t count) {
    if (count > 0)
      finish_use(error{errc::unavailable, "stopped before the event was handled",
                       setup_.core->env()->service});
    if (count > 0 && setup_.report)
      setup_.report("topic " + setup_.topic + ": " + std::to_string(count)
                    + " events that were not handled are given back to the broker");
  }

  void tell_drained() {
    if (drained_ && deferred_.empty() && deliveries_.size() == 0)
      std::exchange(drained_, std::nullopt)->deliver(caf::ok_atom::value);
  }

  void run(continuation& x) {
    guarded([&] { x.run(); });
  }

  template <class F>
  void guarded(F f) {
    try {
      f();
    } catch (const std::exception& problem) {
      log_.line("topic " + setup_.topic + ": a continuation threw: " + problem.what(),
                now());
    } catch (...) {
      log_.line("topic " + setup_.topic
                    + ": a continuation threw what is no std::exception",
                now());
    }
  }

  subscriber_setup setup_;
  delivery_core deliveries_;
  line_limiter log_;
  pending_event_ptr spare_;
  std::unordered_set<pending_event_ptr> deferred_;
  std::optional<time_point> timer_;
  bool draining_ = false;
  /// An event of ours has taken `subscriber_setup::use`.
  bool has_use_ = false;
  std::optional<caf::response_promise> drained_;
};

} // namespace

caf::actor spawn_subscriber(caf::actor_system& system, subscriber_setup setup) {
  using base = caf::event_based_actor;
  switch (setup.options.placement) {
    case placement::lane:
      return system.spawn<subscriber_shell<net::in_io_thread<base>>>(std::move(setup));
    case placement::thread:
      return system.spawn<subscriber_shell<base>, caf::detached>(std::move(setup));
    default:
      return system.spawn<subscriber_shell<net::at_home<base>>>(std::move(setup));
  }
}

} // namespace mica::detail
