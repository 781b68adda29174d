#include "nats/nats_pool.hpp"

#include "io/lane_atoms.hpp"

#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mica::net::nats {

namespace {

/// What the thread that connects has to say.
struct connected {
  expected<std::shared_ptr<link>> to = error{errc::internal, "not tried"};
  std::string inbox;
};

} // namespace

} // namespace mica::net::nats

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::net::nats::arrival)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<mica::net::nats::connected>)

namespace mica::net::nats {

namespace {

/// Lends the calls its timer and its mailbox.
class keeper : public in_io_thread<caf::event_based_actor> {
public:
  keeper(caf::actor_config& cfg, std::shared_ptr<calls> core)
    : in_io_thread(cfg),
      core_(std::move(core)) {
    // nop
  }

  const char* name() const override {
    return "nats-pool";
  }

  caf::behavior make_behavior() override {
    init_actor(this);
    core_->use({[this](time_point when) {
                  delayed_send(this, when - clock().now(), sweep_atom::value);
                },
                [this] { anon_send(caf::actor{this}, end_atom::value); }});
    return {
        [this](sweep_atom) { core_->sweep(clock().now()); },
        [this](std::shared_ptr<connected>& x) {
          core_->opened(std::move(x->to), std::move(x->inbox));
        },
        [this](arrival& x) { core_->take(std::move(x)); },
        [this](drain_atom) { core_->drain(); },
        [this](end_atom) { quit(); },
    };
  }

  void on_exit() override {
    core_->shut_down();
  }

private:
  const std::shared_ptr<calls> core_;
};

std::string make_inbox() {
  natsInbox* made = nullptr;
  if (natsInbox_Create(&made) != NATS_OK)
    return {};
  std::string result = made;
  natsInbox_Destroy(made);
  return result + ".";
}

// Blocks: on a thread of its own.
std::shared_ptr<connected> connect(const nats_transport_options& options,
                                   const transport_environment& env,
                                   const caf::actor_addr& to) {
  auto result = std::make_shared<connected>();
  result->to = link::open(options, env, true);
  if (!result->to)
    return result;
  result->inbox = make_inbox();
  auto ok = (*result->to)->subscribe(result->inbox + "*", {}, [to](arrival&& x) {
    if (auto strong = caf::actor_cast<caf::actor>(to))
      caf::anon_send(strong, std::move(x));
  });
  if (!ok)
    result->to = std::move(ok.error());
  return result;
}

} // namespace

pool_ref spawn_pool(caf::actor_system& system, pool_options options,
                    const nats_transport_options& nats,
                    const transport_environment& env) {
  auto core = std::make_shared<calls>(nats, options.http.body_bytes);
  caf::actor actor = system.spawn<keeper>(core);
  system.spawn<caf::detached>([nats, env, to = caf::actor_cast<caf::actor_addr>(actor)](
                                  caf::event_based_actor*) {
    auto outcome = connect(nats, env, to);
    if (auto strong = caf::actor_cast<caf::actor>(to))
      caf::anon_send(strong, std::move(outcome));
  });
  return {caf::actor_cast<pool_actor>(actor), core};
}

} // namespace mica::net::nats
